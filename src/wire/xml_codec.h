/// XML to and from any shape: the bodies of REST-XML and the answers of the query protocol. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "wire/shape.h"

namespace tidemill::wire {

/// Fills `object` (of `shape`, a structure) from a document whose root element must be `root`
/// (whatever its namespace). Elements that the shape lacks are ignored. Fails with MalformedXML:
/// not well-formed, a document type, deeper than 64 levels, a value that doesn't parse.
[[nodiscard]] Status decode_xml(std::string_view text, std::string_view root, const Shape& shape,
                                void* object);

/// A whole document: declaration, <root xmlns=…>, the body members of `object`.
[[nodiscard]] std::string encode_xml(const Shape& shape, const void* object, std::string_view root,
                                     std::string_view xml_namespace);

/// Only the elements of the body members, appended to `out`.
void encode_xml_members(const Shape& shape, const void* object, std::string& out);

/// S3's answer to all XML that it doesn't like.
[[nodiscard]] std::unexpected<Error> malformed_xml();

}  // namespace tidemill::wire
