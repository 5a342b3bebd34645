#include "webhooks/registration.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace carillon::webhooks {
namespace {

const TimePoint now = parse_instant("2026-11-21T12:00:00Z").value();

Result<Registration> read(std::string_view text) {
    return registration_from_json(parse_json(text).value(), now);
}

/// Read and checked, as the service does it.
Result<> judge(std::string_view text, const ServiceOptions& options = {}) {
    CARILLON_TRY(Registration registration, read(text));
    CARILLON_TRY_VOID(check_registration(std::move(registration), options));
    return {};
}

Registration valid() {
    Registration registration;
    registration.name_space = "shop";
    registration.url = "https://example.com/hook";
    registration.schedule = now;
    return registration;
}

NewWebhook made(Registration registration) {
    return {check_registration(std::move(registration), {}).value(), "w", now};
}

TEST(RegistrationFromJson, FillsInTheDefaults) {
    const Registration made = read(R"({"namespace":"shop","url":"https://example.com/"})").value();
    EXPECT_EQ(made.name_space, "shop");
    EXPECT_EQ(made.method, "GET");
    EXPECT_EQ(made.schedule, now);
    EXPECT_FALSE(made.schedule_given);
    EXPECT_EQ(made.id, std::nullopt);
    EXPECT_TRUE(made.body.is_null());
    EXPECT_EQ(made.headers.size(), 0U);
    EXPECT_FALSE(made.repeat);
    EXPECT_EQ(made.retries_max, 3);
}

TEST(RegistrationFromJson, ReadsEveryField) {
    const Registration made = read(R"({
        "namespace":"shop", "id":"mine", "url":"https://example.com/", "method":"POST",
        "schedule":"2026-12-24T18:00:00+01:00", "headers":{"X-A":"1"}, "body":{"a":[1]},
        "repeat":{"enabled":true,"rule":{"interval":1.5,"max":5,"unit":"hours"}},
        "retries":{"max":7}})")
                                  .value();
    EXPECT_EQ(made.id, "mine");
    EXPECT_EQ(made.method, "POST");
    EXPECT_EQ(format_instant(made.schedule), "2026-12-24T17:00:00.000Z");
    EXPECT_TRUE(made.schedule_given);
    EXPECT_EQ(made.headers.get("X-A"), "1");
    EXPECT_EQ(to_text(made.body), R"({"a":[1]})");
    ASSERT_TRUE(made.repeat);
    EXPECT_EQ(made.repeat->period(), std::chrono::minutes{90});
    EXPECT_EQ(made.repeat->max, 5);
    EXPECT_EQ(made.retries_max, 7);
}

TEST(RegistrationFromJson, TakesARuleThatIsSwitchedOffForNone) {
    EXPECT_FALSE(read(R"({"namespace":"n","url":"https://e.com/","repeat":{}})")->repeat);
    EXPECT_FALSE(
        read(R"({"namespace":"n","url":"https://e.com/","repeat":{"enabled":false}})")->repeat);
    EXPECT_FALSE(read(R"({"namespace":"n","url":"https://e.com/",
                          "repeat":{"enabled":false,"rule":{"interval":5}}})")
                     ->repeat);
    const auto on = read(R"({"namespace":"n","url":"https://e.com/","repeat":{"enabled":true}})");
    EXPECT_EQ(on->repeat->period(), std::chrono::minutes{1});
}

TEST(Registration, IsRefusedWithTheFieldsName) {
    struct Case {
        const char* json;
        const char* field;
    };

    const Case cases[] = {
        {R"({"url":"https://e.com/"})", "namespace"},
        {R"({"namespace":"","url":"https://e.com/"})", "namespace"},
        {R"({"namespace":5,"url":"https://e.com/"})", "namespace"},
        {R"({"namespace":"a\u0000b","url":"https://e.com/"})", "namespace"},
        {R"({"namespace":"a\nb","url":"https://e.com/"})", "namespace"},
        {R"({"namespace":"n"})", "url"},
        {R"({"namespace":"n","url":""})", "url"},
        {R"({"namespace":"n","url":7})", "url"},
        {R"({"namespace":"n","url":"/relative"})", "url"},
        {R"({"namespace":"n","url":"ftp://e.com/"})", "url"},
        {R"({"namespace":"n","url":"https://"})", "url"},
        {R"({"namespace":"n","url":"https://e.com:99999/"})", "url"},
        {R"({"namespace":"n","url":"https://e.com/a b"})", "url"},
        {R"({"namespace":"n","url":"http://127.1/"})", "url"},
        {R"({"namespace":"n","url":"http://2130706433/"})", "url"},
        {R"({"namespace":"n","url":"http://0x7f000001/"})", "url"},
        {R"({"namespace":"n","url":"https://e.com/","id":""})", "id"},
        {R"({"namespace":"n","url":"https://e.com/","id":1})", "id"},
        {R"({"namespace":"n","url":"https://e.com/","id":"a\tb"})", "id"},
        {R"({"namespace":"n","url":"https://e.com/","id":"series__3"})", "id"},
        {R"({"namespace":"n","url":"https://e.com/","method":"BREW"})", "method"},
        {R"({"namespace":"n","url":"https://e.com/","method":"post"})", "method"},
        {R"({"namespace":"n","url":"https://e.com/","method":1})", "method"},
        {R"({"namespace":"n","url":"https://e.com/","schedule":"tomorrow"})", "schedule"},
        {R"({"namespace":"n","url":"https://e.com/","schedule":1795262400000})", "schedule"},
        {R"({"namespace":"n","url":"https://e.com/","schedule":"2026-02-30T00:00:00Z"})",
         "schedule"},
        {R"({"namespace":"n","url":"https://e.com/","schedule":"2026-11-21T12:00:00"})",
         "schedule"},
        {R"({"namespace":"n","url":"https://e.com/","schedule":"1969-12-31T23:59:59Z"})",
         "schedule"},
        {R"({"namespace":"n","url":"https://e.com/","headers":[]})", "headers"},
        {R"({"namespace":"n","url":"https://e.com/","headers":{"X-A":5}})", "headers.X-A"},
        {R"({"namespace":"n","url":"https://e.com/","headers":{"X-A":"a\r\nb"}})", "headers.X-A"},
        {R"({"namespace":"n","url":"https://e.com/","headers":{"Host":"x"}})", "headers.Host"},
        {R"({"namespace":"n","url":"https://e.com/","headers":{"a b":"x"}})", "headers"},
        {R"({"namespace":"n","url":"https://e.com/","body":[1]})", "body"},
        {R"({"namespace":"n","url":"https://e.com/","method":"POST","body":1e300})", "body"},
        {R"({"namespace":"n","url":"https://e.com/","method":"POST","body":{"":1}})", "body"},
        {R"({"namespace":"n","url":"https://e.com/","repeat":true})", "repeat"},
        {R"({"namespace":"n","url":"https://e.com/","repeat":{"rule":{"interval":5}}})",
         "repeat.enabled"},
        {R"({"namespace":"n","url":"https://e.com/","repeat":{"enabled":"yes"}})",
         "repeat.enabled"},
        {R"({"namespace":"n","url":"https://e.com/","repeat":{"enabled":true,"rule":{"interval":0}}})",
         "repeat.rule.interval"},
        {R"({"namespace":"n","url":"https://e.com/","repeat":{"enabled":true,"rule":{"interval":-5}}})",
         "repeat.rule.interval"},
        {R"({"namespace":"n","url":"https://e.com/","repeat":{"enabled":true,"rule":{"interval":"5"}}})",
         "repeat.rule.interval"},
        {R"({"namespace":"n","url":"https://e.com/",
             "repeat":{"enabled":true,"rule":{"interval":0.5,"unit":"seconds"}}})",
         "repeat.rule.interval"},
        {R"({"namespace":"n","url":"https://e.com/",
             "repeat":{"enabled":true,"rule":{"interval":3651,"unit":"days"}}})",
         "repeat.rule.interval"},
        {R"({"namespace":"n","url":"https://e.com/",
             "repeat":{"enabled":true,"rule":{"interval":1e11,"unit":"days"}}})",
         "repeat.rule.interval"},
        {R"({"namespace":"n","url":"https://e.com/","repeat":{"enabled":true,"rule":{"max":-1}}})",
         "repeat.rule.max"},
        {R"({"namespace":"n","url":"https://e.com/","repeat":{"enabled":true,"rule":{"max":1.5}}})",
         "repeat.rule.max"},
        {R"({"namespace":"n","url":"https://e.com/","repeat":{"enabled":true,"rule":{"unit":"weeks"}}})",
         "repeat.rule.unit"},
        {R"({"namespace":"n","url":"https://e.com/","repeat":{"enabled":true,"count":1}})",
         "repeat.count"},
        {R"({"namespace":"n","url":"https://e.com/","retries":{"max":-1}})", "retries.max"},
        {R"({"namespace":"n","url":"https://e.com/","retries":{"max":101}})", "retries.max"},
        {R"({"namespace":"n","url":"https://e.com/","retries":{"max":1.5}})", "retries.max"},
        {R"({"namespace":"n","url":"https://e.com/","retries":{"count":1}})", "retries.count"},
        {R"({"namespace":"n","url":"https://e.com/","retries":3})", "retries"},
        {R"({"namespace":"n","url":"https://e.com/","status":"PENDING"})", "status"},
        {R"({"namespace":"n","url":"https://e.com/","unknown":null})", "unknown"},
    };
    for (const Case& c : cases) {
        const auto answer = judge(c.json);
        ASSERT_FALSE(answer) << c.json;
        EXPECT_EQ(answer.error().code, Errc::invalid) << c.json;
        EXPECT_EQ(answer.error().field, c.field) << c.json << ": " << answer.error().message;
        EXPECT_FALSE(answer.error().message.empty());
    }
    for (const char* text : {"[]", "null", "\"x\"", "5"}) EXPECT_FALSE(judge(text)) << text;
}

TEST(Registration, SaysWhichRuleOfARepetitionIsBroken) {
    struct Case {
        const char* rule;
        const char* field;
        const char* message;
    };

    const char* period = "must make a period of 1 second to 10 years";
    const Case cases[] = {
        {R"({"interval":0})", "interval", "must be greater than 0"},
        {R"({"interval":-0.5})", "interval", "must be greater than 0"},
        {R"({"interval":0.99,"unit":"seconds"})", "interval", period},
        {R"({"interval":0.01,"unit":"minutes"})", "interval", period},
        {R"({"interval":315360001,"unit":"seconds"})", "interval", period},
        {R"({"interval":5256001,"unit":"minutes"})", "interval", period},
        {R"({"interval":87601,"unit":"hours"})", "interval", period},
        {R"({"interval":3650.1,"unit":"days"})", "interval", period},
        {R"({"interval":1e13})", "interval", period},
        {R"({"interval":1e300,"unit":"days"})", "interval", period},
        {R"({"max":1000000000001})", "max", "must be a whole number from 0 to 1000000000000"},
        {R"({"max":-1})", "max", "must be a whole number from 0 to 1000000000000"},
        {R"({"unit":"week"})", "unit", "must be one of seconds, minutes, hours, days"},
    };
    for (const Case& c : cases) {
        const auto answer = judge(std::string(R"({"namespace":"n","url":"https://e.com/",)") +
                                  R"("repeat":{"enabled":true,"rule":)" + c.rule + "}}");
        ASSERT_FALSE(answer) << c.rule;
        EXPECT_EQ(answer.error().code, Errc::invalid) << c.rule;
        EXPECT_EQ(answer.error().field, std::string("repeat.rule.") + c.field) << c.rule;
        EXPECT_EQ(answer.error().message, c.message) << c.rule;
    }
}

TEST(Registration, IsAcceptedAtTheBounds) {
    for (const char* text :
         {R"({"namespace":"n","url":"https://e.com/","schedule":"1970-01-01T00:00:00Z"})",
          R"({"namespace":"n","url":"https://e.com/","schedule":"9999-12-31T23:59:59.999Z"})",
          R"({"namespace":"n","url":"https://e.com/","retries":{"max":0}})",
          R"({"namespace":"n","url":"https://e.com/","retries":{"max":100}})",
          R"({"namespace":"n","url":"https://e.com/",
              "repeat":{"enabled":true,"rule":{"interval":1,"unit":"seconds"}}})",
          R"({"namespace":"n","url":"https://e.com/",
              "repeat":{"enabled":true,"rule":{"interval":3650,"unit":"days"}}})",
          R"({"namespace":"n","url":"https://e.com/",
              "repeat":{"enabled":true,"rule":{"interval":87600,"unit":"hours"}}})",
          R"({"namespace":"n","url":"https://e.com/",
              "repeat":{"enabled":true,"rule":{"interval":5256000,"unit":"minutes"}}})",
          R"({"namespace":"n","url":"https://e.com/",
              "repeat":{"enabled":true,"rule":{"interval":0.5,"max":1000000000000}}})",
          R"({"namespace":"n","url":"https://e.com/","id":"order-1__a"})",
          R"({"namespace":"n","url":"https://e.com/","id":"12"})",
          R"({"namespace":"n","url":"https://e.com/","id":"a#b/ö"})",
          R"({"namespace":"n","url":"https://e.com/","method":"OPTIONS","body":{"q":1}})",
          R"({"namespace":"n","url":"https://e.com/","method":"POST","body":"text"})",
          R"({"namespace":"n","url":"https://e.com/","method":"POST","body":[1,2]})"}) {
        const auto answer = judge(text);
        EXPECT_TRUE(answer) << text << ": " << describe(answer.error());
    }
}

TEST(Registration, BoundsTheLengthOfNames) {
    Registration registration = valid();
    registration.name_space = std::string(256, 'n');
    registration.id = std::string(256, 'i');
    EXPECT_TRUE(check_registration(registration, {}));
    registration.name_space += 'n';
    EXPECT_EQ(check_registration(registration, {}).error().field, "namespace");
    registration = valid();
    registration.id = std::string(257, 'i');
    EXPECT_EQ(check_registration(registration, {}).error().field, "id");
    registration.id = "\xff";
    EXPECT_EQ(check_registration(registration, {}).error().field, "id");
}

TEST(Registration, RefusesPrivateAddressesUnlessAllowed) {
    for (const char* url : {"http://127.0.0.1:8080/",
                            "http://10.1.2.3/",
                            "http://192.168.0.1/",
                            "http://169.254.169.254/latest/meta-data",
                            "http://0.0.0.0/",
                            "http://[::1]/",
                            "http://[::ffff:127.0.0.1]/",
                            "http://[fd00::1]/",
                            "http://localhost/",
                            "http://LOCALHOST./",
                            "http://a.localhost:1/"}) {
        Registration registration = valid();
        registration.url = url;
        const auto answer = check_registration(registration, {});
        ASSERT_FALSE(answer) << url;
        EXPECT_EQ(answer.error().code, Errc::denied) << url;
        EXPECT_EQ(answer.error().field, "url") << url;
    }
    ServiceOptions allowed;
    allowed.guard = net::AddressGuard::parse("127.0.0.0/8").value();
    Registration registration = valid();
    for (const char* url : {"http://127.0.0.1:8080/", "http://localhost/"}) {
        registration.url = url;
        EXPECT_TRUE(check_registration(registration, allowed)) << url;
    }
    registration.url = "http://10.1.2.3/";
    EXPECT_FALSE(check_registration(registration, allowed));
}

TEST(Registration, BoundsTheBodyAndItsParts) {
    Registration registration = valid();
    registration.method = "POST";
    registration.body = boost::json::string(256 * 1'024, 'x');
    EXPECT_TRUE(check_registration(registration, {}));
    registration.body = boost::json::string(256 * 1'024 + 1, 'x');
    EXPECT_EQ(check_registration(registration, {}).error().code, Errc::too_large);
    EXPECT_EQ(check_registration(registration, {}).error().field, "body");

    // Small as text, large as an item: three bytes for a number and two characters for its text.
    boost::json::array numbers(130'000, 1);
    registration.body = numbers;
    EXPECT_EQ(check_registration(registration, {}).error().code, Errc::too_large);
}

TEST(Registration, RefusesNumbersThatAreNone) {
    Registration registration = valid();
    for (const double interval : {std::numeric_limits<double>::quiet_NaN(),
                                  std::numeric_limits<double>::infinity(),
                                  -1.0}) {
        registration.repeat = RepeatRule{.interval = interval};
        EXPECT_EQ(check_registration(registration, {}).error().field, "repeat.rule.interval");
    }
}

TEST(MakeWebhook, StartsPendingAtItsSchedule) {
    Registration registration = valid();
    registration.schedule = now + Duration{5};
    registration.repeat = RepeatRule{.interval = 2, .max = 3, .unit = Unit::hours};
    registration.retries_max = 9;
    const Webhook webhook = made(registration).webhook;
    EXPECT_EQ(webhook.status, Status::pending);
    EXPECT_EQ(webhook.next_attempt_at, now + Duration{5});
    EXPECT_TRUE(webhook.repeat.enabled);
    EXPECT_EQ(webhook.repeat.rule.max, 3);
    EXPECT_EQ(webhook.repeat.parent, "");
    EXPECT_EQ(webhook.retries.max, 9);
    EXPECT_EQ(webhook.created_at, now);
}

TEST(SameRegistration, ComparesWhatWasAskedFor) {
    Registration registration = valid();
    registration.method = "POST";
    registration.headers = {{"X-B", "2"}, {"X-A", "1"}};
    registration.body = parse_json(R"({"b":1.0,"a":[1,2]})").value();
    registration.repeat = RepeatRule{.interval = 2};
    const Webhook stored = from_item(to_item(made(registration).webhook)).value();
    EXPECT_TRUE(is_same_registration(stored, made(registration)));

    const auto differs = [&](auto change) {
        Registration other = registration;
        change(other);
        return !is_same_registration(stored, made(other));
    };
    EXPECT_TRUE(differs([](Registration& r) { r.url += "x"; }));
    EXPECT_TRUE(differs([](Registration& r) { r.method = "PUT"; }));
    EXPECT_TRUE(differs([](Registration& r) { r.schedule += Duration{1}; }));
    EXPECT_TRUE(differs([](Registration& r) { r.headers.set("X-A", "3"); }));
    EXPECT_TRUE(differs([](Registration& r) { r.headers.add("X-C", "3"); }));
    EXPECT_TRUE(differs([](Registration& r) { r.body = nullptr; }));
    EXPECT_TRUE(differs([](Registration& r) { r.repeat.reset(); }));
    EXPECT_TRUE(differs([](Registration& r) { r.repeat->max = 1; }));
    EXPECT_TRUE(differs([](Registration& r) { r.retries_max = 1; }));
    EXPECT_FALSE(differs([](Registration& r) {
        r.schedule += Duration{1};
        r.schedule_given = false;
    }));
}

}  // namespace
}  // namespace carillon::webhooks
