#include "base/error.h"

#include <cstdio>
#include <cstdlib>

#include <execinfo.h>

namespace tidemill {
namespace {

struct ErrcFacts {
  int status;
  std::string_view name;
};

constexpr ErrcFacts facts(Errc code) noexcept {
  switch (code) {
    case Errc::invalid_argument: return {400, "ValidationException"};
    case Errc::access_denied: return {403, "AccessDeniedException"};
    case Errc::not_found: return {404, "ResourceNotFoundException"};
    case Errc::method_not_allowed: return {405, "MethodNotAllowed"};
    case Errc::already_exists: return {409, "ResourceAlreadyExistsException"};
    case Errc::conflict: return {409, "ConcurrentModificationException"};
    case Errc::precondition_failed: return {412, "PreconditionFailed"};
    case Errc::too_large: return {413, "RequestEntityTooLarge"};
    case Errc::range_not_satisfiable: return {416, "InvalidRange"};
    case Errc::throttled: return {429, "ThrottlingException"};
    case Errc::internal: return {500, "InternalFailure"};
    case Errc::not_implemented: return {501, "NotImplemented"};
    case Errc::unavailable: return {503, "ServiceUnavailable"};
    case Errc::storage_full: return {507, "InsufficientStorage"};
    case Errc::corrupt: return {500, "InternalFailure"};
  }
  return {500, "InternalFailure"};
}

}  // namespace

int http_status(const Error& error) noexcept {
  return error.status != 0 ? error.status : facts(error.code).status;
}

std::string_view aws_name(const Error& error) noexcept {
  return error.name.empty() ? facts(error.code).name : std::string_view(error.name);
}

void assertion_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "tidemill: broken invariant: %s at %s:%d\n", expression, file, line);
  void* frames[64];
  backtrace_symbols_fd(frames, backtrace(frames, 64), 2);
  std::abort();
}

}  // namespace tidemill
