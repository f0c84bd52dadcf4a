/// What an API destination is asked for one delivery, and what its answer means. Pure.
/// (AWS: "API destinations as targets in Amazon EventBridge", its sections on headers and error
/// codes; HttpParameters and ConnectionHttpParameters in the API reference.)
#pragma once

#include <string>
#include <string_view>

#include "events/api_destination.h"
#include "events/connection.h"
#include "events/event.h"
#include "http/client.h"

namespace tidemill::events {

/// A delivery on its way to a target outside.
struct Parcel {
  Delivery delivery;
  ApiDestination destination;
  Connection connection;
};

/// The same for every try of a delivery, also after a redrive, so that a receiver can tell a
/// repetition; sent as Idempotency-Key.
[[nodiscard]] std::string idempotency_key(const Delivery& delivery);

/// The request. `authorization` is the field of that name for OAuth ("Bearer …"), else empty. Fails
/// with invalid_argument where endpoint and parameters make no address.
[[nodiscard]] Result<http::Call> make_call(const Parcel& parcel, std::string_view authorization);

/// Adds fields, query and body of AWS's ConnectionHttpParameters to `call`, whose body is JSON or
/// (`is_form`) a form; they replace what is there.
void add_parameters(http::Call& call, const json::object& parameters, bool is_form);

/// What a try came to, with the answer's first bytes in its text; `secrets` are blotted out there.
[[nodiscard]] Outcome outcome_of(const Result<http::Answer>& answer, TimeMs now,
                                 std::span<const std::string> secrets);

/// Whether a new OAuth token may help.
[[nodiscard]] bool is_unauthorized(const Result<http::Answer>& answer);

/// `text` with each of `secrets` replaced by "***".
[[nodiscard]] std::string blotted(std::string text, std::span<const std::string> secrets);

}  // namespace tidemill::events
