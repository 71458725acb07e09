#include "network/nftables.h"

#include <memory>

extern "C" {
#include <nftables/libnftables.h>
}

#include "base/dynamic_library.h"
#include "base/error.h"
#include "base/strings.h"

namespace davit::network {

namespace {

#define DAVIT_NFT(name) decltype(&::nft_##name) name = library.find("nft_" #name, &::nft_##name)

struct Nftables {
  base::DynamicLibrary library = base::DynamicLibrary("libnftables.so.1", "libnftables1");
  DAVIT_NFT(ctx_new);
  DAVIT_NFT(ctx_free);
  DAVIT_NFT(ctx_buffer_output);
  DAVIT_NFT(ctx_buffer_error);
  DAVIT_NFT(ctx_get_output_buffer);
  DAVIT_NFT(ctx_get_error_buffer);
  DAVIT_NFT(ctx_output_set_flags);
  DAVIT_NFT(run_cmd_from_buffer);
};

#undef DAVIT_NFT

}  // namespace

std::string run_nft(const std::string& commands) {
  static const Nftables nft;
  const std::unique_ptr<nft_ctx, decltype(nft.ctx_free)> context(nft.ctx_new(NFT_CTX_DEFAULT), nft.ctx_free);
  if (!context) throw base::Error(base::Code::kIo, "no memory for nftables");
  nft.ctx_buffer_output(context.get());
  nft.ctx_buffer_error(context.get());
  nft.ctx_output_set_flags(context.get(), NFT_CTX_OUTPUT_HANDLE | NFT_CTX_OUTPUT_NUMERIC_PRIO);
  if (nft.run_cmd_from_buffer(context.get(), commands.c_str()) != 0) {
    const std::string said(base::trim(nft.ctx_get_error_buffer(context.get())));
    throw base::Error::format(base::Code::kIo, "nftables: {}", said.substr(0, said.find('\n')));
  }
  return nft.ctx_get_output_buffer(context.get());
}

}  // namespace davit::network
