#!/usr/bin/env bash
# Descriptions of records that cannot be are refused by the compiler, and it says why.
# Usage: refused.sh CXX_COMPILER INCLUDE_DIR
set -uo pipefail

compiler=$1
include=$2
failed=0

# refused 'WHAT THE COMPILER SAYS' <<< 'parts of the table'
refused() {
    local wanted=$1 parts out
    parts=$(cat)
    out=$("$compiler" -std=c++23 -fsyntax-only -I "$include" -x c++ - 2>&1 <<EOF
#include <carillon/records.hpp>
struct Odd { int x; };
struct Other { std::string id; };
struct Thing {
    std::string id{};
    std::string name{};
    int count = 0;
    double weight = 0;
    bool done = false;
    std::optional<std::string> note{};
    carillon::Instant at{};
    std::int64_t version = 0;
    Odd odd{};
    std::vector<int> list{};
};
namespace m = carillon::model;
template <> inline constexpr auto carillon::model_of<Thing> = m::table<Thing>($parts);
template <> inline constexpr auto carillon::model_of<Other> =
    m::table<Other>("Others", m::hash_key<&Other::id>("id"));
void use(const carillon::Store& store) {
    carillon::Records<Thing> things(store);
    ${3:-}
    ${2:-}
}
EOF
    )
    if [ -z "$wanted" ]; then
        [ -z "$out" ] && return
        echo "not accepted: $parts"
        echo "$out" | head -5
        failed=1
    elif ! grep -qF -- "$wanted" <<<"$out"; then
        echo "not refused with '$wanted': $parts ${2:-}"
        echo "$out" | head -5
        failed=1
    fi
}

id='"Things", m::hash_key<&Thing::id>("id")'
refused '' <<<"$id"
refused '' <<<"$id"', m::field<&Thing::count>("n"), m::version<&Thing::version>("v")'
refused 'a table has exactly one hash_key' <<<'"Things", m::field<&Thing::name>("name")'
refused 'a table has exactly one hash_key' <<<"$id"', m::hash_key<&Thing::name>("name")'
refused 'a table has at most one sort_key' \
    <<<"$id"', m::sort_key<&Thing::name>("a"), m::sort_key<&Thing::count>("b")'
refused 'a key must be text, a number, bytes or an Instant (and not optional)' \
    <<<"$id"', m::sort_key<&Thing::note>("note")'
refused "this member's type cannot be stored: specialise carillon::Codec for it" \
    <<<"$id"', m::field<&Thing::odd>("odd")'
refused 'a version must be an integer of 32 or 64 bits' <<<"$id"', m::version<&Thing::weight>("v")'
refused 'a stamp must be a carillon::Instant' <<<"$id"', m::created_at<&Thing::name>("c")'
refused 'a member that is named here belongs to another struct' \
    <<<"$id"', m::field<&Other::id>("other")'
refused 'an index is over members that the description names' \
    <<<"$id"', m::index<&Thing::name>("byName")'
refused 'an index key must be text, a number, bytes or an Instant' \
    <<<"$id"', m::field<&Thing::list>("list"), m::index<&Thing::list>("byList")'
refused 'a table has either one processed flag or one work_queue' \
    <<<"$id"', m::processed<&Thing::count>("Processed", "Processed"), m::work_queue(4)'
refused 'rest() takes a member of type carillon::Attributes' <<<"$id"', m::rest<&Thing::name>()'
refused 'two_fields_have_the_same_attribute_name' <<<"$id"', m::field<&Thing::name>("id")'
refused 'an_attribute_must_have_a_name_of_1_to_255_bytes' <<<"$id"', m::field<&Thing::name>("")'
refused 'two_indexes_have_the_same_name' \
    <<<"$id"', m::field<&Thing::name>("n"), m::index<&Thing::name>("one"), m::index<&Thing::id>("one")'
refused 'shards_must_be_from_1_to_1000' <<<"$id"', m::work_queue(0)'
refused 'belong_to_the_work_queue' <<<"$id"', m::work_queue(4), m::field<&Thing::name>("workState")'
refused 'the parts of a table are hash_key, sort_key' <<<"$id"', 5'

named=$id', m::field<&Thing::name>("name"), m::version<&Thing::version>("v")'
refused 'a key is its hash key, and its sort key if the table has one' \
    'auto got = things.get("a", "b");' <<<"$named"
refused 'the hash key is of another type' 'auto got = things.get(store);' <<<"$named"
refused 'this table has no sort key' \
    'auto got = things.query("a", carillon::less_than(5));' <<<"$named"
refused 'no index of this table has that member as its hash key' \
    'auto got = things.query_by<&Thing::name>("a");' <<<"$named"
refused 'the description has neither a processed flag nor a work_queue' \
    'auto got = things.mark_processed("a");' <<<"$named"
refused 'keys, versions, stamps and the processed flag are not changed by an update' \
    'carillon::Changes<Thing>().set<&Thing::version>(5);' <<<"$named"
refused 'the description does not name it' \
    'carillon::Changes<Thing>().set<&Thing::count>(5);' <<<"$named"
exit $failed
