#include "cli/item_text.hpp"

#include <gtest/gtest.h>

namespace carillon::cli {

namespace {

using dynamo::Item;
using dynamo::List;
using dynamo::Value;

TEST(ReadItem, TakesBothForms) {
    const Item want{{"id", "a"}, {"n", 1}, {"l", List{Value("x"), Value(true)}}};
    EXPECT_EQ(read_item(R"({"id":{"S":"a"},"n":{"N":"1"},"l":{"L":[{"S":"x"},{"BOOL":true}]}})",
                        ItemForm::typed)
                  .value(),
              want);
    EXPECT_EQ(read_item(R"({"id":"a","n":1,"l":["x",true]})", ItemForm::plain).value(), want);
}

TEST(ReadItem, SaysWhatIsWrong) {
    EXPECT_EQ(read_item("[1]", ItemForm::plain).error().message, "the item must be a JSON object");
    EXPECT_TRUE(read_item("{", ItemForm::plain).error().message.starts_with("the item: "));
    EXPECT_TRUE(read_item(R"({"id":"a"})", ItemForm::typed)
                    .error()
                    .message.ends_with("here, or use --plain"));
}

TEST(ItemText, WritesBothForms) {
    const Item item{{"id", "a"}, {"n", 1}};
    EXPECT_EQ(item_text(item, ItemForm::typed), R"({"id":{"S":"a"},"n":{"N":"1"}})");
    EXPECT_EQ(item_text(item, ItemForm::plain), R"({"id":"a","n":1})");
}

TEST(ReadValues, WantsColonsAndHashes) {
    EXPECT_TRUE(read_values("", ItemForm::typed)->empty());
    EXPECT_EQ(read_values(R"({":v":{"N":"1"}})", ItemForm::typed)->front().second, Value(1));
    EXPECT_EQ(read_values(R"({":v":1})", ItemForm::plain)->front().second, Value(1));
    EXPECT_EQ(read_values(R"({"v":1})", ItemForm::plain).error().message,
              "--values: v must begin with a colon");
    EXPECT_EQ(read_names(R"({"#n":"name"})")->front().second, "name");
    EXPECT_FALSE(read_names(R"({"n":"name"})"));
    EXPECT_FALSE(read_names(R"({"#n":1})"));
}

}  // namespace

}  // namespace carillon::cli
