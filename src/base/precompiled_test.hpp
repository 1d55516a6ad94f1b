// What every test program uses, compiled once a target.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/precompiled.hpp"
