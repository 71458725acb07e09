#include "build/builder.h"

#include <algorithm>
#include <map>
#include <memory>

#include "base/error.h"
#include "base/fs/paths.h"
#include "base/strings.h"
#include "build/copy_step.h"
#include "build/image_output.h"
#include "build/run_step.h"
#include "build/stage_state.h"
#include "build/step_context.h"
#include "dockerfile/dockerfile.h"
#include "dockerfile/expand.h"
#include "operations/find_image.h"
#include "transfer/image_content.h"
#include "transfer/pull.h"

namespace davit::build {

using base::Code;
using base::Error;
using dockerfile::Instruction;

namespace {

constexpr const char* kDefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr const char* kScratch = "scratch";

// Those that every build has without declaring them: of this machine, and of what is built.
void set_platform_args(dockerfile::Environment& args, const oci::Platform& target) {
  const auto build = oci::Platform::host();
  for (const auto& [prefix, platform] : {std::pair("TARGET", target), {"BUILD", build}}) {
    args.set(std::string(prefix) + "PLATFORM", platform.text());
    args.set(std::string(prefix) + "OS", platform.os);
    args.set(std::string(prefix) + "ARCH", platform.architecture);
    args.set(std::string(prefix) + "VARIANT", platform.variant);
  }
}

bool makes_a_step(const Instruction& instruction) {
  return std::holds_alternative<dockerfile::Run>(instruction.value) ||
         std::holds_alternative<dockerfile::Copy>(instruction.value) ||
         std::holds_alternative<dockerfile::Add>(instruction.value) ||
         std::holds_alternative<dockerfile::Workdir>(instruction.value);
}

class Builder final : public StageTrees {
 public:
  Builder(const Workshop& workshop, const BuildRequest& request)
      : workshop_(workshop),
        request_(request),
        file_(dockerfile::parse(request.dockerfile_name, request.dockerfile)),
        lease_(workshop.store.lease()),
        context_(workshop, request, *lease_, *this) {
    platform_ = request.platform ? request.platform->normalized() : oci::Platform::host();
    read_global_args();
  }

  store::ImageRecord run() {
    const std::size_t index = find_target();
    const StageState& built = stage(index);
    StageState last = built;
    for (const auto& [name, value] : request_.labels) last.config.config.labels[name] = value;
    const int step = workshop_.progress.begin("exporting to image");
    const auto image = write_image(workshop_.store, *lease_, last, request_.tags);
    workshop_.progress.note(step, "writing image " + image.id.text());
    for (const auto& tag : request_.tags) workshop_.progress.note(step, "naming to " + tag.text());
    workshop_.progress.end(step, BuildProgress::End::kDone);
    context_.digests.save();
    return image;
  }

  // What COPY --from and RUN --mount=from mean: a stage before the one that asks, or an image.
  StageTree find(const std::string& from) override {
    if (const auto index = stage_of(from)) {
      const StageState& state = stage(*index);
      return {.diff_ids = state.diff_ids(), .key = state.key};
    }
    const auto [record, config] = get_image(from);
    return {.diff_ids = config.diff_ids, .key = record.id.text()};
  }

 private:
  // By its name, or its number; only those before the stage that is being built.
  std::optional<std::size_t> stage_of(const std::string& text) const {
    const auto number = parse_number(text);
    if (number && *number < file_.stages.size()) return check_before(*number, text);
    for (std::size_t index = under_way_.empty() ? file_.stages.size() : under_way_.back(); index-- > 0;) {
      if (!file_.stages[index].name().empty() && file_.stages[index].name() == base::to_lower(text)) return index;
    }
    return {};
  }
  std::size_t check_before(std::size_t index, const std::string& text) const {
    if (!under_way_.empty() && index >= under_way_.back())
      throw Error::format(Code::kInvalidArgument, "invalid from flag value {}: it is no stage before this one", text);
    return index;
  }
  static std::optional<std::size_t> parse_number(const std::string& text) {
    const bool digits = !text.empty() && text.size() < 6 &&
                        std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    return digits ? std::optional(static_cast<std::size_t>(std::stoul(text))) : std::nullopt;
  }

  std::size_t find_target() const {
    if (request_.target.empty()) return file_.stages.size() - 1;
    if (const auto found = file_.find_stage(request_.target)) return *found;
    const auto number = parse_number(request_.target);
    if (number && *number < file_.stages.size()) return *number;
    throw Error::format(Code::kInvalidArgument, "target stage \"{}\" could not be found",
                        base::printable(request_.target));
  }

  void read_global_args() {
    set_platform_args(global_, platform_);
    for (const auto& instruction : file_.global_args) declare(instruction, global_, global_);
  }

  // ARG: a value of the command line, of the arguments before FROM, or its default.
  void declare(const Instruction& instruction, const dockerfile::Variables& variables, dockerfile::Environment& args) {
    for (const auto& definition : std::get<dockerfile::Arg>(instruction.value).definitions) {
      std::optional<std::string> value;
      if (const auto asked = request_.args.find(definition.name); asked != request_.args.end()) {
        value = asked->second;
      } else if (definition.value) {
        value = dockerfile::expand_word(*definition.value, variables, {.escape = file_.directives.escape});
      } else {
        value = global_.get(definition.name);
      }
      declared_.insert(definition.name);
      if (value) args.set(definition.name, *value);
    }
  }

  const StageState& stage(std::size_t index) {
    if (const auto found = stages_.find(index); found != stages_.end()) return found->second;
    under_way_.push_back(index);
    StageState state = begin(index);
    for (const auto& instruction : file_.stages[index].instructions) step(instruction, state);
    under_way_.pop_back();
    return stages_.emplace(index, std::move(state)).first->second;
  }

  std::string title(const std::string& words) {
    const auto index = under_way_.back();
    const auto& stage = file_.stages[index];
    const auto steps = 1 + std::count_if(stage.instructions.begin(), stage.instructions.end(), makes_a_step);
    auto name = stage.name();
    if (name.empty() && file_.stages.size() > 1) name = fmt::format("stage-{}", index);
    return fmt::format("[{}{}{}/{}] {}", name, name.empty() ? "" : " ", ++counts_[index], steps, words);
  }

  StageState begin(std::size_t index) try {
    const auto& stage = file_.stages[index];
    dockerfile::VariableUse use;
    const auto base = dockerfile::expand_word(stage.from().base, global_, {.escape = file_.directives.escape}, &use);
    if (base.empty()) throw Error(Code::kInvalidArgument, "base name (" + stage.from().base + ") should not be blank");
    const int number = workshop_.progress.begin(title("FROM " + base));
    StageState state = base_state(stage, base);
    workshop_.progress.end(number, BuildProgress::End::kDone);
    const auto triggers = std::exchange(state.config.config.on_build, {});
    for (const auto& trigger : triggers) step(dockerfile::parse_trigger(trigger, stage.head.lines), state);
    return state;
  } catch (const dockerfile::SourceError&) {
    throw;
  } catch (const Error& error) {
    if (error.code() == Code::kCancelled) throw;
    throw file_.mistake(file_.stages[index].head.lines, error);
  }

  StageState base_state(const dockerfile::Stage& stage, const std::string& base) {
    if (const auto earlier = stage_of(base)) {
      StageState state = this->stage(*earlier);
      state.args = {};
      state.has_own_cmd = false;
      return state;
    }
    StageState state;
    if (base == kScratch) {
      state.config.platform = platform_;
      state.config.config.env = {kDefaultPath};
      state.at = base::now();
      state.key = key_of({kScratch});
      return state;
    }
    auto platform = platform_;
    if (!stage.from().platform.empty()) {
      const auto text = dockerfile::expand_word(stage.from().platform, global_, {.escape = file_.directives.escape});
      platform = oci::Platform::parse(text).normalized();
    }
    auto [record, config] = get_image(base, platform);
    state.layers = record.layers;
    state.at = config.created.value_or(base::now());
    state.config = std::move(config);
    std::vector<std::string> parts = {"image"};
    for (const auto& diff_id : state.config.diff_ids) parts.push_back(diff_id.text());
    state.key = key_of(parts);
    if (!find_env(state.config.config.env, "PATH")) state.config.config.env.emplace_back(kDefaultPath);
    return state;
  }

  std::pair<store::ImageRecord, oci::ImageConfig> get_image(const std::string& name) {
    return get_image(name, platform_);
  }
  // Pulled once for a build where that is asked for, else only where it is not here.
  std::pair<store::ImageRecord, oci::ImageConfig> get_image(const std::string& name, const oci::Platform& platform) {
    auto& images = workshop_.store.images();
    auto found = operations::find_image(images, name);
    const bool is_id = operations::is_image_id(name) || (found && !found->reference);
    if (!is_id && ((request_.pull && pulled_.insert(name).second) || !found)) {
      transfer::PullOptions options;
      options.platform = platform;
      transfer::pull(workshop_.store, workshop_.registries, oci::Reference::parse_tagged(name), options,
                     workshop_.pulls);
      found = operations::find_image(images, name);
    }
    if (!found) throw Error(Code::kNotFound, operations::no_such_image(name));
    for (const auto& layer : found->record.layers) {
      lease_->add(layer.blob.digest);
      lease_->add(layer.diff_id);
    }
    auto config = transfer::get_config(workshop_.store, found->record, name, "nothing can be built on it");
    if (!oci::match(platform, config.platform)) {
      throw Error::format(Code::kNotFound, "image {} is of platform {}, and {} is wanted: pull that one first", name,
                          config.platform.text(), platform.text());
    }
    return {found->record, std::move(config)};
  }

  void step(const Instruction& written, StageState& state) try {
    const StageVariables variables(state);
    if (std::holds_alternative<dockerfile::Arg>(written.value)) {
      declare(written, variables, state.args);
      return state.add_history(written.text, true);
    }
    const auto instruction = dockerfile::expanded(written, variables, file_.directives.escape);
    if (apply_to_config(instruction, state)) return;
    const bool use_cache = request_.use_cache && !request_.uncached_stages.contains(stage_name());
    StepRun run = {.title = title(written.text), .use_cache = use_cache};
    if (const auto* one = std::get_if<dockerfile::Run>(&instruction.value)) {
      run_step(context_, *one, proxies(), run, state);
    } else if (const auto* copy = std::get_if<dockerfile::Copy>(&instruction.value)) {
      copy_step(context_, *copy, run, state);
    } else if (const auto* add = std::get_if<dockerfile::Add>(&instruction.value)) {
      add_step(context_, *add, run, state);
    } else if (const auto* workdir = std::get_if<dockerfile::Workdir>(&instruction.value)) {
      workdir_step(context_, *workdir, run, state);
    }
  } catch (const dockerfile::SourceError&) {
    throw;
  } catch (const Error& error) {
    if (error.code() == Code::kCancelled) throw;
    throw file_.mistake(written.lines, error);
  }

  std::string stage_name() const { return file_.stages[under_way_.back()].name(); }

  // Build arguments that programs know and no Dockerfile has to declare; they are in no key.
  std::vector<std::string> proxies() const {
    std::vector<std::string> lines;
    for (const auto& [name, value] : request_.args) {
      const auto upper = base::to_upper(name);
      const bool is_proxy = upper == "HTTP_PROXY" || upper == "HTTPS_PROXY" || upper == "FTP_PROXY" ||
                            upper == "NO_PROXY" || upper == "ALL_PROXY";
      if (is_proxy && !declared_.contains(name)) lines.push_back(name + "=" + value);
    }
    return lines;
  }

  const Workshop& workshop_;
  const BuildRequest& request_;
  const dockerfile::Dockerfile file_;
  std::unique_ptr<store::Lease> lease_;
  StepContext context_;
  oci::Platform platform_;
  dockerfile::Environment global_;
  std::set<std::string> declared_;
  std::map<std::size_t, StageState> stages_;
  std::map<std::size_t, int> counts_;   // of steps told so far
  std::vector<std::size_t> under_way_;  // the stage that is being built, and those that wait for it
  std::set<std::string> pulled_;
};

}  // namespace

store::ImageRecord build(const Workshop& workshop, const BuildRequest& request) {
  return Builder(workshop, request).run();
}

}  // namespace davit::build
