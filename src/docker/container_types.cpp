// The Go types of a container's JSON.

#include "docker/go_types.h"
#include "docker/inspect_types.h"

namespace davit::docker {

using namespace go_types;

namespace {

const Type& any() { return text::types::kAny; }

const Type& state_pointer() {
  static const Type health =
      structure("container.Health", {field("Status", text_type()), field("FailingStreak", number())});
  static const Type health_pointer_type = pointer_to(health);
  static const Type state =
      structure("container.State",
                {field("Status", text_type()), field("Running", flag()), field("Paused", flag()),
                 field("Restarting", flag()), field("OOMKilled", flag()), field("Dead", flag()), field("Pid", number()),
                 field("ExitCode", number()), field("Error", text_type()), field("StartedAt", text_type()),
                 field("FinishedAt", text_type()), may_lack("Health", health_pointer_type)});
  static const Type pointer = pointer_to(state);
  return pointer;
}

const Type& weights() {
  static const Type weight = structure("blkiodev.WeightDevice", {field("Path", text_type()), field("Weight", size())});
  static const Type pointer = pointer_to(weight);
  static const Type slice = slice_of(pointer);
  return slice;
}

const Type& throttles() {
  static const Type rate = structure("blkiodev.ThrottleDevice", {field("Path", text_type()), field("Rate", size())});
  static const Type pointer = pointer_to(rate);
  static const Type slice = slice_of(pointer);
  return slice;
}

const Type& devices() {
  static const Type device =
      structure("container.DeviceMapping", {field("PathOnHost", text_type()), field("PathInContainer", text_type()),
                                            field("CgroupPermissions", text_type())});
  static const Type slice = slice_of(device);
  return slice;
}

const Type& limits() {
  static const Type limit =
      structure("units.Ulimit", {field("Name", text_type()), field("Hard", size()), field("Soft", size())});
  static const Type pointer = pointer_to(limit);
  static const Type slice = slice_of(pointer);
  return slice;
}

const Type& resources() {
  static const Type size_pointer = pointer_to(size()), flag_pointer = pointer_to(flag());
  static const Type type = structure("container.Resources", {as("CPUShares", "CpuShares", size()),
                                                             field("Memory", size()),
                                                             as("NanoCPUs", "NanoCpus", size()),
                                                             field("CgroupParent", text_type()),
                                                             field("BlkioWeight", number()),
                                                             field("BlkioWeightDevice", weights()),
                                                             field("BlkioDeviceReadBps", throttles()),
                                                             field("BlkioDeviceWriteBps", throttles()),
                                                             field("BlkioDeviceReadIOps", throttles()),
                                                             field("BlkioDeviceWriteIOps", throttles()),
                                                             as("CPUPeriod", "CpuPeriod", size()),
                                                             as("CPUQuota", "CpuQuota", size()),
                                                             as("CPURealtimePeriod", "CpuRealtimePeriod", size()),
                                                             as("CPURealtimeRuntime", "CpuRealtimeRuntime", size()),
                                                             field("CpusetCpus", text_type()),
                                                             field("CpusetMems", text_type()),
                                                             field("Devices", devices()),
                                                             field("DeviceCgroupRules", texts()),
                                                             field("DeviceRequests", any()),
                                                             may_lack("KernelMemory", size()),
                                                             may_lack("KernelMemoryTCP", size()),
                                                             field("MemoryReservation", size()),
                                                             field("MemorySwap", size()),
                                                             field("MemorySwappiness", size_pointer),
                                                             field("OomKillDisable", flag_pointer),
                                                             field("PidsLimit", size_pointer),
                                                             field("Ulimits", limits()),
                                                             as("CPUCount", "CpuCount", size()),
                                                             as("CPUPercent", "CpuPercent", size()),
                                                             field("IOMaximumIOps", size()),
                                                             field("IOMaximumBandwidth", size())});
  return type;
}

const Type& asked_mounts() {
  static const Type kind = named_text("mount.Type"), consistency = named_text("mount.Consistency");
  static const Type propagation = named_text("mount.Propagation");
  static const Type bind =
      structure("mount.BindOptions", {may_lack("Propagation", propagation), may_lack("NonRecursive", flag()),
                                      may_lack("CreateMountpoint", flag()), may_lack("ReadOnlyNonRecursive", flag()),
                                      may_lack("ReadOnlyForceRecursive", flag())});
  static const Type driver = structure("mount.Driver", {may_lack("Name", text_type()), may_lack("Options", labels())});
  static const Type driver_pointer = pointer_to(driver);
  static const Type volume =
      structure("mount.VolumeOptions", {may_lack("NoCopy", flag()), may_lack("Labels", labels()),
                                        may_lack("Subpath", text_type()), may_lack("DriverConfig", driver_pointer)});
  static const Type tmpfs =
      structure("mount.TmpfsOptions", {may_lack("SizeBytes", size()), may_lack("Mode", number())});
  static const Type bind_pointer = pointer_to(bind), volume_pointer = pointer_to(volume),
                    tmpfs_pointer = pointer_to(tmpfs);
  static const Type mount =
      structure("mount.Mount", {may_lack("Type", kind), may_lack("Source", text_type()),
                                may_lack("Target", text_type()), may_lack("ReadOnly", flag()),
                                may_lack("Consistency", consistency), may_lack("BindOptions", bind_pointer),
                                may_lack("VolumeOptions", volume_pointer), may_lack("TmpfsOptions", tmpfs_pointer)});
  static const Type slice = slice_of(mount);
  return slice;
}

const Type& host_config_pointer() {
  static const Type mode = named_text("container.NetworkMode"), cgroupns = named_text("container.CgroupnsMode"),
                    ipc = named_text("container.IpcMode"), cgroup = named_text("container.CgroupSpec"),
                    pid = named_text("container.PidMode"), uts = named_text("container.UTSMode"),
                    user = named_text("container.UsernsMode"), isolation = named_text("container.Isolation");
  static const Type policy_mode = named_text("container.RestartPolicyMode");
  static const Type policy =
      structure("container.RestartPolicy", {field("Name", policy_mode), field("MaximumRetryCount", number())});
  static const Type log = structure("container.LogConfig", {field("Type", text_type()), field("Config", labels())});
  static const Type flag_pointer = pointer_to(flag());
  static const Type config = structure("container.HostConfig", {field("Binds", texts()),
                                                                field("ContainerIDFile", text_type()),
                                                                field("LogConfig", log),
                                                                field("NetworkMode", mode),
                                                                field("PortBindings", any()),
                                                                field("RestartPolicy", policy),
                                                                field("AutoRemove", flag()),
                                                                field("VolumeDriver", text_type()),
                                                                field("VolumesFrom", texts()),
                                                                field("ConsoleSize", any()),
                                                                may_lack("Annotations", labels()),
                                                                field("CapAdd", texts()),
                                                                field("CapDrop", texts()),
                                                                field("CgroupnsMode", cgroupns),
                                                                as("DNS", "Dns", texts()),
                                                                as("DNSOptions", "DnsOptions", texts()),
                                                                as("DNSSearch", "DnsSearch", texts()),
                                                                field("ExtraHosts", texts()),
                                                                field("GroupAdd", texts()),
                                                                field("IpcMode", ipc),
                                                                field("Cgroup", cgroup),
                                                                field("Links", texts()),
                                                                field("OomScoreAdj", number()),
                                                                field("PidMode", pid),
                                                                field("Privileged", flag()),
                                                                field("PublishAllPorts", flag()),
                                                                field("ReadonlyRootfs", flag()),
                                                                field("SecurityOpt", texts()),
                                                                may_lack("StorageOpt", labels()),
                                                                may_lack("Tmpfs", labels()),
                                                                field("UTSMode", uts),
                                                                field("UsernsMode", user),
                                                                field("ShmSize", size()),
                                                                may_lack("Sysctls", labels()),
                                                                may_lack("Runtime", text_type()),
                                                                field("Isolation", isolation),
                                                                embedded("Resources", resources()),
                                                                may_lack("Mounts", asked_mounts()),
                                                                field("MaskedPaths", texts()),
                                                                field("ReadonlyPaths", texts()),
                                                                may_lack("Init", flag_pointer)});
  static const Type pointer = pointer_to(config);
  return pointer;
}

const Type& mounts() {
  static const Type kind = named_text("mount.Type");
  static const Type propagation = named_text("mount.Propagation");
  static const Type mount = structure(
      "container.MountPoint", {may_lack("Type", kind), may_lack("Name", text_type()), field("Source", text_type()),
                               field("Destination", text_type()), may_lack("Driver", text_type()),
                               field("Mode", text_type()), field("RW", flag()), field("Propagation", propagation)});
  static const Type slice = slice_of(mount);
  return slice;
}

const Type& network_settings_pointer() {
  static const Type endpoint = structure(
      "network.EndpointSettings",
      {field("IPAMConfig", any()), field("Links", texts()), field("Aliases", texts()), field("MacAddress", text_type()),
       field("DriverOpts", labels()), field("GwPriority", number()), field("NetworkID", text_type()),
       field("EndpointID", text_type()), field("Gateway", text_type()), field("IPAddress", text_type()),
       field("IPPrefixLen", number()), field("IPv6Gateway", text_type()), field("GlobalIPv6Address", text_type()),
       field("GlobalIPv6PrefixLen", number()), field("DNSNames", texts())});
  static const Type endpoint_pointer = pointer_to(endpoint);
  static const Type endpoints = {
      .kind = Kind::kMap, .name = "map[string]" + endpoint_pointer.name, .element = &endpoint_pointer};
  static const Type base =
      structure("container.NetworkSettingsBase",
                {field("Bridge", text_type()), field("SandboxID", text_type()), field("SandboxKey", text_type()),
                 field("Ports", any()), field("HairpinMode", flag()), field("LinkLocalIPv6Address", text_type()),
                 field("LinkLocalIPv6PrefixLen", number()), field("SecondaryIPAddresses", any()),
                 field("SecondaryIPv6Addresses", any())});
  static const Type fallback = structure(
      "container.DefaultNetworkSettings",
      {field("EndpointID", text_type()), field("Gateway", text_type()), field("GlobalIPv6Address", text_type()),
       field("GlobalIPv6PrefixLen", number()), field("IPAddress", text_type()), field("IPPrefixLen", number()),
       field("IPv6Gateway", text_type()), field("MacAddress", text_type())});
  static const Type settings = structure(
      "container.NetworkSettings", {embedded("NetworkSettingsBase", base), embedded("DefaultNetworkSettings", fallback),
                                    field("Networks", endpoints)});
  static const Type pointer = pointer_to(settings);
  return pointer;
}

}  // namespace

const Type& container_config_pointer() {
  static const Type config = structure("container.Config", {field("Hostname", text_type()),
                                                            field("Domainname", text_type()),
                                                            field("User", text_type()),
                                                            field("AttachStdin", flag()),
                                                            field("AttachStdout", flag()),
                                                            field("AttachStderr", flag()),
                                                            may_lack("ExposedPorts", text::types::kSet),
                                                            field("Tty", flag()),
                                                            field("OpenStdin", flag()),
                                                            field("StdinOnce", flag()),
                                                            field("Env", texts()),
                                                            field("Cmd", texts()),
                                                            field("Image", text_type()),
                                                            field("Volumes", text::types::kSet),
                                                            field("WorkingDir", text_type()),
                                                            field("Entrypoint", texts()),
                                                            field("OnBuild", texts()),
                                                            field("Labels", labels()),
                                                            may_lack("StopSignal", text_type()),
                                                            may_lack("StopTimeout", pointer_to_number())});
  static const Type pointer = pointer_to(config);
  return pointer;
}

const Type& container_inspect_type() {
  static const Type size_pointer = pointer_to(size());
  static const Type base = structure("container.ContainerJSONBase", {as("ID", "Id", text_type()),
                                                                     field("Created", text_type()),
                                                                     field("Path", text_type()),
                                                                     field("Args", texts()),
                                                                     field("State", state_pointer()),
                                                                     field("Image", text_type()),
                                                                     field("ResolvConfPath", text_type()),
                                                                     field("HostnamePath", text_type()),
                                                                     field("HostsPath", text_type()),
                                                                     field("LogPath", text_type()),
                                                                     field("Name", text_type()),
                                                                     field("RestartCount", number()),
                                                                     field("Driver", text_type()),
                                                                     field("Platform", text_type()),
                                                                     field("MountLabel", text_type()),
                                                                     field("ProcessLabel", text_type()),
                                                                     field("AppArmorProfile", text_type()),
                                                                     field("ExecIDs", texts()),
                                                                     field("HostConfig", host_config_pointer()),
                                                                     field("GraphDriver", driver_data()),
                                                                     may_lack("SizeRw", size_pointer),
                                                                     may_lack("SizeRootFs", size_pointer)});
  static const Type container =
      structure("container.InspectResponse",
                {embedded("ContainerJSONBase", base), field("Mounts", mounts()),
                 field("Config", container_config_pointer()), field("NetworkSettings", network_settings_pointer())});
  return container;
}

}  // namespace davit::docker
