/// An attribute of a message, as SQS and SNS have them.
#pragma once

#include <map>
#include <string>

namespace tidemill {

struct MessageAttribute {
  std::string type = "String";  ///< "String", "Number", "Binary", or one of them with ".custom".
  std::string value;            ///< A text, or a Binary's bytes.

  [[nodiscard]] bool is_binary() const { return type.starts_with("Binary"); }
  bool operator==(const MessageAttribute&) const = default;
};
using MessageAttributes = std::map<std::string, MessageAttribute>;

}  // namespace tidemill
