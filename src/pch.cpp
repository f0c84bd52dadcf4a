// The compiled halves of Asio and Beast (BOOST_*_SEPARATE_COMPILATION), once for all.
#include "pch.h"

#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
