#pragma once

#include "onecard/core/digest.hpp"

namespace onecard::seal {

const HashFunction& sha256();
const HashFunction& sm3();

}  // namespace onecard::seal
