#include "http/curl_library.h"

#include "base/dynamic_library.h"
#include "base/error.h"

namespace davit::http {

using base::Code;
using base::Error;

namespace {

CurlLibrary load() {
  const base::DynamicLibrary library("libcurl.so.4", "libcurl4");
  CurlLibrary curl{};
  curl.global_init = library.find("curl_global_init", curl.global_init);
  curl.easy_init = library.find("curl_easy_init", curl.easy_init);
  curl.easy_cleanup = library.find("curl_easy_cleanup", curl.easy_cleanup);
  curl.easy_reset = library.find("curl_easy_reset", curl.easy_reset);
  curl.easy_setopt = library.find("curl_easy_setopt", curl.easy_setopt);
  curl.easy_getinfo = library.find("curl_easy_getinfo", curl.easy_getinfo);
  curl.easy_strerror = library.find("curl_easy_strerror", curl.easy_strerror);
  curl.slist_append = library.find("curl_slist_append", curl.slist_append);
  curl.slist_free_all = library.find("curl_slist_free_all", curl.slist_free_all);
  curl.multi_init = library.find("curl_multi_init", curl.multi_init);
  curl.multi_cleanup = library.find("curl_multi_cleanup", curl.multi_cleanup);
  curl.multi_add_handle = library.find("curl_multi_add_handle", curl.multi_add_handle);
  curl.multi_remove_handle = library.find("curl_multi_remove_handle", curl.multi_remove_handle);
  curl.multi_perform = library.find("curl_multi_perform", curl.multi_perform);
  curl.multi_poll = library.find("curl_multi_poll", curl.multi_poll);
  curl.multi_info_read = library.find("curl_multi_info_read", curl.multi_info_read);
  curl.multi_strerror = library.find("curl_multi_strerror", curl.multi_strerror);
  if (const CURLcode code = curl.global_init(CURL_GLOBAL_DEFAULT); code != CURLE_OK) {
    throw Error::format(Code::kInternal, "libcurl does not initialise: {}", curl.easy_strerror(code));
  }
  return curl;
}

}  // namespace

const CurlLibrary& CurlLibrary::get() {
  static const CurlLibrary curl = load();
  return curl;
}

}  // namespace davit::http
