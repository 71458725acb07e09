#include "cli/manual_texts.h"

#include <algorithm>

namespace davit::cli {

const std::vector<ManualText>& manual_texts() {
  static const std::vector<ManualText> texts = {
      {"completion",
       {"The script asks davit at each press of the key: commands, flags and their values, images, containers and "
        "registries of the store. An installed davit brings the scripts to the shells' own folders."},
       {{"In this bash, now", "source <(davit completion bash)"},
        {"For zsh, in a folder of its fpath", "davit completion zsh > ~/.zfunc/_davit"},
        {"For fish", "davit completion fish > ~/.config/fish/completions/davit.fish"}}},
      {"build",
       {"Only the stages that the target needs are built, and of those only the steps whose sources changed. PATH is a "
        "folder; `-` reads a Dockerfile from standard input, without a folder. Files that .dockerignore names are not "
        "seen by COPY and ADD.",
        "Contexts and ADD from URLs and git repositories are not supported yet."},
       {{"An image under two names", "davit build -t app:1.4.0 -t registry.example/app:1.4.0 ."},
        {"With a secret that is in no layer", "davit build --secret id=token,src=token.txt -t app:1.4.0 ."},
        {"One stage, and its ID alone", "davit build -q --target test ."}}},
      {"builder prune",
       {"Lets go of what earlier builds keep for the next ones. Layers that an image has stay."},
       {{"What was not used for a week", "davit builder prune -f --filter until=168h"}}},
      {"history",
       {"The steps by which the image was made, newest first, as its config tells them."},
       {{"The commands in full", "davit history --no-trunc app:1.0.0"}}},
      {"images",
       {"Images on this machine, newest first. An image that no tag means is shown as <none>; `inspect` says whether "
        "history keeps it."},
       {{"What was made before an image", "davit images --filter before=app:1.1.0"},
        {"Names alone", "davit images --format '{{.Repository}}:{{.Tag}}'"}}},
      {"import",
       {"The archive is a root file system: tar, plain or compressed. It becomes the one layer of an image."},
       {{"From a pipe", "tar -C rootfs -c . | davit import - app:1.0.0"},
        {"With a command", "davit import --change 'CMD [\"/bin/app\"]' rootfs.tar app:1.0.0"}}},
      {"inspect",
       {"Docker's JSON of images and containers. With a template, one line for each object."},
       {{"The digest of an image in its registry", "davit inspect --format '{{index .RepoDigests 0}}' app:1.0.0"}}},
      {"login",
       {"The credentials are tried at the registry and kept in docker's config.json, so that docker and davit share "
        "them. Without a server it is Docker Hub."},
       {{"Without the password in the shell's history",
         "davit login -u alice --password-stdin registry.example:5000 < password.txt"}}},
      {"ps",
       {"Containers, newest first. An image is shown by the name it was asked for by while that still means it, else "
        "by "
        "its ID."},
       {{"What ended with 1 since another was made", "davit ps -a --filter exited=1 --filter since=web"},
        {"Names and labels", "davit ps -a --format '{{.Names}}: {{.Labels}}'"},
        {"With the size of what each has written", "davit ps -a --size"}}},
      {"pull",
       {"A tag that has not moved costs one request without a body. Of what is new each layer is fetched once, "
        "unpacked "
        "while it arrives, and resumed where an earlier pull was cut off. The image, its tag and its repository digest "
        "appear together, at the end.",
        "On a terminal each layer has a line with a bar, and below them stand bytes, speed and time left; else plain "
        "lines are printed."},
       {{"By digest", "davit pull registry.example:5000/team/app@sha256:…"},
        {"For another platform", "davit pull --platform linux/arm64 alpine:3"}}},
      {"push",
       {"The very bytes that were pulled or made go to the registry: no layer that is there already, and those of "
        "another repository of the same registry are mounted from there. An index goes when all of its images are "
        "here."},
       {{"Under a new name",
         "davit tag app:1.0.0 registry.example:5000/team/app:1.0.0 && davit push "
         "registry.example:5000/team/app:1.0.0"}}},
      {"rmi",
       {"The last name takes the image with it, unless a container uses it. What a tag meant before (its history) is "
        "freed too where it is named by its ID.",
        "With --force the containers that use the image are stopped and removed first, and each step is named: "
        "Stopped, Removed, Untagged, Deleted. On a terminal it asks before it stops one that runs. Volumes stay. An "
        "image or a container that a deployment has pinned stays, and so do all others then."},
       {{"Several", "davit rmi app:1.0.0 app:1.0.1"},
        {"An image in use, from a script or without being asked", "davit rmi -f -y app:1.0.0"}}},
      {"run",
       {"The image is pulled where it is missing. The exit code is that of the container's process; 125 where davit "
        "failed, 126 where the command cannot be invoked, 127 where there is none."},
       {{"And leave nothing", "davit run --rm --network none alpine:3 cat /etc/os-release"},
        {"In the background", "davit run -d --name web --network host web:2"}}},
      {"stats",
       {"What each running container takes: CPU as a share of one, so that two busy ones are 200 %, memory without the "
        "page cache that could go at once, bytes of its network and of disks, tasks. On a terminal the table is "
        "redrawn "
        "each second; Ctrl-C ends it."},
       {{"Once, for a script", "davit stats --no-stream --format '{{.Name}} {{.MemUsage}}'"}}},
      {"stop",
       {"Each container gets its stop signal (--stop-signal, the image's STOPSIGNAL, else SIGTERM) and after its "
        "timeout (--stop-timeout, else 10 seconds) SIGKILL; several end side by side. A negative timeout never kills."},
       {{"At once", "davit stop -t 0 web"}}},
      {"tag", {"Both names mean the same image from then on; what the target meant before is in its history."}, {}},
      {"tags log",
       {"The newest move is @{0}; name:tag@{1}, the value before, works wherever an image is named."},
       {{"", "davit tags log app:latest"}}},
      {"tags restore",
       {"The restoring is a move of its own, so that it can be undone. Nothing is asked of a registry where the "
        "content "
        "is here still."},
       {{"Undo the last overwrite", "davit tags restore 'app:latest@{1}'"}}},
  };
  return texts;
}

const ManualText* manual_text(std::string_view command) {
  const auto found = std::find_if(manual_texts().begin(), manual_texts().end(),
                                  [&](const ManualText& text) { return text.command == command; });
  return found == manual_texts().end() ? nullptr : &*found;
}

}  // namespace davit::cli
