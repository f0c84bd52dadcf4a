/// The names that every generated header needs. Light on purpose.
#pragma once

namespace tidemill::wire {

/// The request or response of an operation that has none.
struct Empty {};

struct Operation;  // wire/shape.h
struct Service;    // wire/shape.h

}  // namespace tidemill::wire
