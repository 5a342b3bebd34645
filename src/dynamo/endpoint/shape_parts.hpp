// Parts that the shapes of many operations share. Only the shape tables include this.

#pragma once

#include "dynamo/endpoint/shape.hpp"

namespace carillon::dynamo::endpoint::shapes {

using Is = Rule::Is;

inline constexpr Shape text{.kind = Kind::string};
inline constexpr Shape flag{.kind = Kind::boolean};
inline constexpr Shape integer{.kind = Kind::integer};
inline constexpr Shape whole{.kind = Kind::long_integer};
inline constexpr Shape value{.kind = Kind::attribute};
inline constexpr Shape text_list{.kind = Kind::list, .element = &text};
inline constexpr Shape text_map{.kind = Kind::map, .element = &text};
inline constexpr Shape value_list{.kind = Kind::list, .element = &value};
inline constexpr Shape value_map{.kind = Kind::map, .element = &value};

inline constexpr Rule present[] = {{.is = Is::present}};

/// Of indexes that must be named.
inline constexpr Rule resource_name[] = {{.is = Is::present},
                                         {.is = Is::name_characters},
                                         {.is = Is::length_at_least, .number = 3},
                                         {.is = Is::length_at_most, .number = 255}};
/// Of tables on the data plane.
inline constexpr Rule table_reference[] = {{.is = Is::present},
                                           {.is = Is::table_not_empty},
                                           {.is = Is::table_characters},
                                           {.is = Is::table_length_at_least, .number = 3},
                                           {.is = Is::table_length_at_most, .number = 255}};
inline constexpr Rule optional_name[] = {{.is = Is::name_characters},
                                         {.is = Is::length_at_least, .number = 3},
                                         {.is = Is::length_at_most, .number = 255}};
/// Of tables on the control plane.
inline constexpr Rule table_name[] = {{.is = Is::required},
                                      {.is = Is::table_not_empty},
                                      {.is = Is::table_characters},
                                      {.is = Is::table_length_at_least, .number = 3},
                                      {.is = Is::table_length_at_most, .number = 255}};
/// Of tables as keys of a map.
inline constexpr Rule table_key_rules[] = {{.is = Is::length_at_most, .number = 255},
                                           {.is = Is::length_at_least, .number = 3},
                                           {.is = Is::name_characters}};

inline constexpr Rule capacity_choice[] = {{.is = Is::one_of, .choices = "INDEXES, TOTAL, NONE"}};
inline constexpr Rule metrics_choice[] = {{.is = Is::one_of, .choices = "SIZE, NONE"}};
inline constexpr Rule operator_choice[] = {{.is = Is::one_of, .choices = "OR, AND"}};
inline constexpr Rule action_choice[] = {{.is = Is::one_of, .choices = "ADD, PUT, DELETE"}};
inline constexpr Rule values_choice[] = {
    {.is = Is::one_of, .choices = "ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW"}};
inline constexpr Rule failure_choice[] = {{.is = Is::one_of, .choices = "ALL_OLD, NONE"}};
inline constexpr Rule select_choice[] = {
    {.is = Is::one_of,
     .choices = "SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES"}};
#define CARILLON_COMPARISONS \
    "IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS"
inline constexpr Rule comparison_choice[] = {{.is = Is::one_of, .choices = CARILLON_COMPARISONS}};
inline constexpr Rule comparison_required[] = {{.is = Is::present},
                                               {.is = Is::one_of, .choices = CARILLON_COMPARISONS}};
#undef CARILLON_COMPARISONS
inline constexpr Rule attribute_names[] = {{.is = Is::length_at_least, .number = 1},
                                           {.is = Is::length_at_most, .number = 255}};
inline constexpr Rule positive[] = {{.is = Is::at_least, .number = 1}};

}  // namespace carillon::dynamo::endpoint::shapes
