// davit's own profile: see seccomp.h.

#include "runtime/seccomp.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <optional>

#include <boost/json.hpp>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <unistd.h>

#include "runtime/seccomp_table.h"

namespace davit::runtime {

namespace {

namespace json = boost::json;

constexpr std::string_view kAdmin = "CAP_SYS_ADMIN";
// CLONE_NEW…: what clone(2) may not ask for.
constexpr std::array<std::uint32_t, 7> kNamespaceFlags = {0x00020000, 0x02000000, 0x04000000, 0x08000000,
                                                          0x10000000, 0x20000000, 0x40000000};
// The execution domains that personality(2) may set or, the last, ask for.
constexpr std::array<std::uint32_t, 5> kPersonalities = {0, 0x0008, 0x20000, 0x20008, 0xffffffff};
constexpr std::uint32_t kPersonality64 = 135, kPersonality32 = 136;
constexpr std::uint32_t kX32Bit = 0x40000000;

// A call that nobody serves, and what the filter answers to it: how a process finds out that it has the filter.
constexpr std::uint32_t kMarkCall = 0x3fffda71;
constexpr int kMarkAnswer = EXFULL;

bool holds(const SeccompContext& context, std::string_view capability) {
  return !capability.empty() &&
         std::find(context.capabilities.begin(), context.capabilities.end(), capability) != context.capabilities.end();
}

bool allowed(const SeccompContext& context, const RefusedCall& call) {
  return holds(context, call.capability) || holds(context, call.or_capability);
}

json::object refusal(json::array names, int error_number) {
  return {{"names", std::move(names)}, {"action", "SCMP_ACT_ERRNO"}, {"errnoRet", error_number}};
}

// An assembler for classic BPF, whose jumps are forward and, where they hang on a condition, at most 255 far.
class Program {
 public:
  void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)); }
  void clear_bits(std::uint32_t bits) { add(BPF_ALU | BPF_AND | BPF_K, ~bits); }
  void answer(std::uint32_t action) { add(BPF_RET | BPF_K, action); }
  void refuse(int error_number) { answer(SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error_number)); }
  // Does what follows, up to land(), only if the comparison holds.
  std::size_t unless(std::uint16_t comparison, std::uint32_t value) {
    add(BPF_JMP | comparison | BPF_K, value);
    return code_.size() - 1;
  }
  void land(std::size_t jump) { code_[jump].jf = static_cast<std::uint8_t>(code_.size() - jump - 1); }
  void refuse_if(std::uint16_t comparison, std::uint32_t value, int error_number) {
    const auto jump = unless(comparison, value);
    refuse(error_number);
    land(jump);
  }
  void refuse_unless(std::uint16_t comparison, std::uint32_t value, int error_number) {
    add(BPF_JMP | comparison | BPF_K, value);
    code_.back().jt = 1;
    refuse(error_number);
  }
  std::vector<sock_filter> take() { return std::move(code_); }

 private:
  void add(int code, std::uint32_t value) { code_.push_back({static_cast<std::uint16_t>(code), 0, 0, value}); }
  std::vector<sock_filter> code_;
};

// Registers are as wide as the architecture has them: of 32 bits only the lower half counts.
enum class Registers { k32, k64 };

void check_personality(Program& program, Registers registers) {
  std::optional<std::size_t> upper_is_zero;
  if (registers == Registers::k64) {
    program.load(offsetof(seccomp_data, args) + 4);  // x86 is little-endian
    upper_is_zero = program.unless(BPF_JEQ, 0);
  }
  program.load(offsetof(seccomp_data, args));
  for (const auto value : kPersonalities) {
    const auto jump = program.unless(BPF_JEQ, value);
    program.answer(SECCOMP_RET_ALLOW);
    program.land(jump);
  }
  if (upper_is_zero) program.land(*upper_is_zero);
  program.refuse(EPERM);
}

void check_personality_if(Program& program, std::uint32_t number, Registers registers) {
  const auto other = program.unless(BPF_JEQ, number);
  check_personality(program, registers);
  program.land(other);
}

// With the call's number loaded: the answer, by the table and personality's argument.
void check_numbers(Program& program, const SeccompContext& context, int RefusedCall::*number) {
  for (const auto& call : refused_calls()) {
    if (call.by != RefusedBy::kEarly || call.*number < 0 || allowed(context, call)) continue;
    program.refuse_if(BPF_JEQ, static_cast<std::uint32_t>(call.*number), EPERM);
  }
  program.answer(SECCOMP_RET_ALLOW);
}

bool has_filter() { return ::syscall(kMarkCall) == -1 && errno == kMarkAnswer; }

}  // namespace

std::string default_seccomp(const SeccompContext& context) {
  json::array refused;
  for (const auto& call : refused_calls()) {
    if (call.by == RefusedBy::kRuntime && !allowed(context, call)) refused.emplace_back(call.name);
  }
  json::array rules = {refusal(std::move(refused), EPERM)};
  if (!holds(context, kAdmin)) {
    for (const auto flag : kNamespaceFlags) {
      auto rule = refusal({"clone"}, EPERM);
      rule["args"] = {{{"index", 0}, {"value", flag}, {"valueTwo", flag}, {"op", "SCMP_CMP_MASKED_EQ"}}};
      rules.push_back(std::move(rule));
    }
    // Its flags lie in memory, where no filter can look: who gets this falls back to clone.
    rules.push_back(refusal({"clone3"}, ENOSYS));
  }
  return json::serialize(json::object{{"defaultAction", "SCMP_ACT_ALLOW"},
                                      {"architectures", {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"}},
                                      {"syscalls", std::move(rules)}});
}

std::vector<sock_filter> early_filter(const SeccompContext& context) {
  if (has_filter()) return {};
  Program program;
  program.load(offsetof(seccomp_data, nr));
  program.refuse_if(BPF_JEQ, kMarkCall, kMarkAnswer);
  program.load(offsetof(seccomp_data, arch));
  const auto not_x86 = program.unless(BPF_JEQ, AUDIT_ARCH_I386);
  program.load(offsetof(seccomp_data, nr));
  program.refuse_if(BPF_JGT, kLastCall, ENOSYS);
  check_personality_if(program, kPersonality32, Registers::k32);
  check_numbers(program, context, &RefusedCall::x86);
  program.land(not_x86);

  program.load(offsetof(seccomp_data, nr));
  program.refuse_if(BPF_JGT, kX32Bit | kLastX32Call, ENOSYS);
  const auto known = program.unless(BPF_JGT, kLastCall);
  program.refuse_unless(BPF_JGE, kX32Bit, ENOSYS);
  const auto x32_known = program.unless(BPF_JGT, kX32Bit | kLastCall);
  program.refuse_unless(BPF_JGE, kX32Bit | kFirstX32Call, ENOSYS);
  program.land(x32_known);
  program.land(known);
  check_personality_if(program, kPersonality64, Registers::k64);
  check_personality_if(program, kX32Bit | kPersonality64, Registers::k32);
  program.clear_bits(kX32Bit);
  check_numbers(program, context, &RefusedCall::x86_64);
  return program.take();
}

}  // namespace davit::runtime
