// The writes of a Transaction.

#pragma once

#include "dynamo/database.hpp"

namespace carillon::library {

class WriteList {
public:
    dynamo::WriteUnit unit;
    bool committed = false;
};

}  // namespace carillon::library
