# The wire types: generated from botocore's API models, for the operations in operations.toml
# (docs/internals/wire.md). Library tm_wire_gen; headers "wire/gen/<service>.h".
if(EXISTS ${CMAKE_SOURCE_DIR}/.venv/bin/python)
  set(botocore_default ${CMAKE_SOURCE_DIR}/.venv/bin/python)
else()
  set(botocore_default ${Python3_EXECUTABLE})
endif()
set(TIDEMILL_BOTOCORE ${botocore_default} CACHE FILEPATH "A python that has botocore")

file(STRINGS ${CMAKE_SOURCE_DIR}/tools/requirements.txt botocore_pin REGEX "^botocore==")
string(REPLACE "botocore==" "" botocore_pin "${botocore_pin}")
execute_process(COMMAND ${TIDEMILL_BOTOCORE} -c "import botocore; print(botocore.__version__)"
  OUTPUT_VARIABLE botocore_found OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT botocore_found STREQUAL botocore_pin)
  message(FATAL_ERROR "The build needs botocore ${botocore_pin} in ${TIDEMILL_BOTOCORE} "
    "(found '${botocore_found}'). Make it: python3 -m venv .venv && "
    ".venv/bin/pip install -r tools/requirements.txt; or name another python with "
    "-DTIDEMILL_BOTOCORE=…")
endif()

set(wire_gen_list ${CMAKE_CURRENT_LIST_DIR}/operations.toml)
set(wire_gen_dir ${CMAKE_BINARY_DIR}/gen/wire/gen)
set(wire_gen_script ${CMAKE_SOURCE_DIR}/tools/wire/generate.py)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${wire_gen_list})
execute_process(COMMAND ${TIDEMILL_BOTOCORE} ${wire_gen_script} --operations ${wire_gen_list} --list
  OUTPUT_VARIABLE wire_gen_files OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
list(TRANSFORM wire_gen_files PREPEND ${wire_gen_dir}/)

add_custom_command(
  OUTPUT ${wire_gen_files}
  COMMAND ${TIDEMILL_BOTOCORE} ${wire_gen_script} --operations ${wire_gen_list} --out ${wire_gen_dir}
  DEPENDS ${wire_gen_list} ${wire_gen_script} ${CMAKE_SOURCE_DIR}/tools/wire/model.py
    ${CMAKE_SOURCE_DIR}/tools/wire/emit.py
  COMMENT "Making the wire types from botocore ${botocore_pin}"
  VERBATIM)

add_library(tm_wire_gen STATIC ${wire_gen_files})
target_precompile_headers(tm_wire_gen REUSE_FROM tm_pch)
target_link_libraries(tm_wire_gen PUBLIC tm_pch tm_base)
