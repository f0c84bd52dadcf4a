/// The attributes that queues are made with: what they may be, what they are by default. Pure.
#pragma once

#include <string_view>

#include "sqs/queue.h"

namespace tidemill::sqs {

/// AWS's default; "" for what has none.
[[nodiscard]] std::string_view default_of(std::string_view attribute);
/// Whether GetQueueAttributes knows it, "All" included.
[[nodiscard]] bool is_readable(std::string_view attribute);

/// 1 to 80 of A-Z a-z 0-9 - _, with ".fifo" at the end for a FIFO queue.
[[nodiscard]] Status check_name(std::string_view name, bool is_fifo);

/// Whether `given` may be set on such a queue. Policies are checked against the store elsewhere.
[[nodiscard]] Status check_attributes(const Texts& given, bool is_fifo);

/// `queue`'s attributes with `given` set: an empty text removes what can be absent, and one kind of
/// encryption turns off the other.
void set_attributes(Queue& queue, const Texts& given);

/// What GetQueueAttributes shows of `queue` beside the counts of its messages, all of it.
[[nodiscard]] Texts shown_attributes(const Queue& queue);

/// The first given attribute whose value isn't the queue's, or "".
[[nodiscard]] std::string_view differing(const Queue& queue, const Texts& given);

}  // namespace tidemill::sqs
