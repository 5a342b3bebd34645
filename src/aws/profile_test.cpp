#include "aws/profile.hpp"

#include <gtest/gtest.h>

namespace carillon::aws {
namespace {

std::string key_of(const Result<Plan>& plan) {
    if (!plan) return describe(plan.error());
    if (const auto* none = std::get_if<NoSource>(&plan->how)) return "none: " + none->why;
    if (const auto* keys = std::get_if<Credentials>(&plan->how)) return keys->access_key_id;
    if (const auto* role = std::get_if<AssumeRole>(&plan->how)) {
        return role->role_arn + " by " + key_of(*role->source);
    }
    if (const auto* identity = std::get_if<WebIdentity>(&plan->how)) {
        return identity->role_arn + " with " + identity->token_file;
    }
    if (const auto* container = std::get_if<Container>(&plan->how)) return container->url;
    return std::get<InstanceMetadata>(plan->how).endpoint;
}

const Environment both_keys{{"AWS_ACCESS_KEY_ID", "ENV"}, {"AWS_SECRET_ACCESS_KEY", "s"}};

TEST(Profiles, AreReadFromBothFiles) {
    const Profiles profiles = parse_profiles(
        "# a comment\n[default]\nregion = eu-central-1 ; more\nS3 =\n  addressing = path\n"
        "[profile  work]\r\naws_access_key_id=OLD\nROLE_ARN = arn:x\n[stray]\nregion=no\n",
        "[work]\naws_access_key_id = NEW\naws_secret_access_key = a=b#c\n[default]\n");
    ASSERT_TRUE(profiles.contains("work"));
    EXPECT_EQ(profiles.at("work").at("aws_access_key_id"), "NEW");
    EXPECT_EQ(profiles.at("work").at("aws_secret_access_key"), "a=b#c");
    EXPECT_EQ(profiles.at("work").at("role_arn"), "arn:x");
    EXPECT_EQ(profiles.at("default").at("region"), "eu-central-1");
    EXPECT_FALSE(profiles.at("default").contains("addressing"));
    EXPECT_FALSE(profiles.contains("stray"));
}

TEST(Profiles, ComeFromTheFilesThatTheEnvironmentNames) {
    std::vector<std::string> asked;
    const ReadFile read = [&](const std::string& path) -> Result<std::string> {
        asked.push_back(path);
        if (path == "/c") return "[default]\nregion=x\n";
        return fail(Errc::not_found, "no");
    };
    const auto profiles = read_profiles({{"AWS_CONFIG_FILE", "/c"}, {"HOME", "/home/me"}}, read);
    ASSERT_TRUE(profiles);
    EXPECT_EQ(asked, (std::vector<std::string>{"/c", "/home/me/.aws/credentials"}));
    EXPECT_EQ(find_region({}, *profiles, ""), "x");
    EXPECT_EQ(find_region({{"AWS_DEFAULT_REGION", "y"}}, *profiles, ""), "y");
    EXPECT_EQ(find_region({{"AWS_REGION", "z"}, {"AWS_DEFAULT_REGION", "y"}}, *profiles, ""), "z");
    EXPECT_EQ(find_region({}, *profiles, "other"), "");
    const ReadFile denied = [](const std::string&) -> Result<std::string> {
        return fail(Errc::denied, "not yours");
    };
    EXPECT_FALSE(read_profiles({{"HOME", "/home/me"}}, denied));
}

TEST(Chain, GoesThroughItsSourcesInOrder) {
    struct Case {
        const char* name;
        Environment environment;
        const char* config;
        const char* profile;
        const char* expected;
    };

    const Case cases[] = {
        {"environment first",
         both_keys,
         "[default]\naws_access_key_id=FILE\naws_secret_access_key=s",
         "",
         "ENV"},
        {"a named profile before all",
         both_keys,
         "[profile p]\naws_access_key_id=FILE\naws_secret_access_key=s",
         "p",
         "FILE"},
        {"web identity before profiles",
         {{"AWS_WEB_IDENTITY_TOKEN_FILE", "/t"}, {"AWS_ROLE_ARN", "arn:r"}},
         "[default]\naws_access_key_id=FILE\naws_secret_access_key=s",
         "",
         "arn:r with /t"},
        {"half a pair of keys is none",
         {{"AWS_ACCESS_KEY_ID", "ENV"}},
         "[default]\naws_access_key_id=FILE\naws_secret_access_key=s",
         "",
         "FILE"},
        {"AWS_PROFILE",
         {{"AWS_PROFILE", "p"}},
         "[default]\naws_access_key_id=NO\naws_secret_access_key=s\n"
         "[profile p]\naws_access_key_id=P\naws_secret_access_key=s",
         "",
         "P"},
        {"a role by another profile",
         {},
         "[default]\nrole_arn=arn:r\nsource_profile=base\n"
         "[profile base]\naws_access_key_id=BASE\naws_secret_access_key=s",
         "",
         "arn:r by BASE"},
        {"a role by a role",
         {},
         "[default]\nrole_arn=arn:a\nsource_profile=b\n[profile b]\nrole_arn=arn:b\n"
         "source_profile=c\n[profile c]\naws_access_key_id=C\naws_secret_access_key=s",
         "",
         "arn:a by arn:b by C"},
        {"a profile that is its own source",
         {},
         "[default]\nrole_arn=arn:a\nsource_profile=default\naws_access_key_id=SELF\n"
         "aws_secret_access_key=s",
         "",
         "arn:a by SELF"},
        {"a role by the environment",
         {{"AWS_ACCESS_KEY_ID", "ENV"}, {"AWS_SECRET_ACCESS_KEY", "s"}},
         "[profile p]\nrole_arn=arn:a\ncredential_source=Environment",
         "p",
         "arn:a by ENV"},
        {"a role by the machine",
         {},
         "[default]\nrole_arn=arn:a\ncredential_source=Ec2InstanceMetadata",
         "",
         "arn:a by http://169.254.169.254"},
        {"web identity of a profile",
         {},
         "[default]\nrole_arn=arn:a\nweb_identity_token_file=/w",
         "",
         "arn:a with /w"},
        {"a profile without credentials goes on",
         {{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x"}},
         "[default]\nregion=x",
         "",
         "http://169.254.170.2/v2/x"},
        {"the machine last", {}, "", "", "http://169.254.169.254"},
        {"over IPv6",
         {{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6"}},
         "",
         "",
         "http://[fd00:ec2::254]"},
        {"elsewhere",
         {{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:9/"}},
         "",
         "",
         "http://127.0.0.1:9"},
    };
    for (const Case& one : cases) {
        const auto plan =
            make_plan(one.environment, parse_profiles(one.config, ""), one.profile, Reach::network);
        EXPECT_EQ(key_of(plan), one.expected) << one.name;
    }
}

TEST(Chain, SaysWhatIsWrong) {
    struct Case {
        Environment environment;
        const char* config;
        const char* profile;
        const char* part;
    };

    const Case cases[] = {
        {{}, "", "p", "there is no AWS profile p"},
        {{{"AWS_PROFILE", "gone"}}, "", "", "there is no AWS profile gone"},
        {{}, "[profile p]\nregion=x", "p", "says nothing about credentials"},
        {{},
         "[profile a]\nrole_arn=r\nsource_profile=b\n[profile b]\nrole_arn=r\nsource_profile=a",
         "a",
         "go in a ring"},
        {{}, "[profile a]\nrole_arn=r", "a", "needs a source_profile"},
        {{}, "[profile a]\nrole_arn=r\nsource_profile=b", "a", "there is no AWS profile b"},
        {{}, "[profile a]\ncredential_process=x", "a", "credential_process is not supported"},
        {{}, "[profile a]\nsso_session=x", "a", "sso_session is not supported"},
        {{}, "[profile a]\nrole_arn=r\nmfa_serial=m", "a", "mfa_serial"},
        {{{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/c"}}, "", "", "without TLS"},
        {{{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.1.1/c"}}, "", "", "without TLS"},
        {{{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "nonsense"}}, "", "", "FULL_URI"},
        {{{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "x"}}, "", "", "begin with a slash"},
        {{{"AWS_EC2_METADATA_DISABLED", "TRUE"}}, "", "", "no AWS credentials"},
    };
    for (const Case& one : cases) {
        const std::string said = key_of(make_plan(
            one.environment, parse_profiles(one.config, ""), one.profile, Reach::network));
        EXPECT_NE(said.find(one.part), std::string::npos) << said;
    }
}

TEST(Chain, TakesContainersCredentialsFromTrustedPlaces) {
    for (const char* url : {"http://127.0.0.1/c",
                            "http://localhost:80/c",
                            "http://[::1]/c",
                            "http://169.254.170.2/c",
                            "http://169.254.170.23/v1/credentials",
                            "http://[fd00:ec2::23]/v1/credentials",
                            "https://example.com/c"}) {
        EXPECT_EQ(key_of(make_plan(
                      {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", url}}, {}, "", Reach::network)),
                  url);
    }
}

TEST(Chain, AsksNoMachineForAnEmulatorsSake) {
    const auto plan = make_plan({}, {}, "", Reach::files_only);
    ASSERT_TRUE(plan);
    EXPECT_TRUE(std::holds_alternative<NoSource>(plan->how));
}

TEST(Partitions, HaveTheirOwnNames) {
    EXPECT_EQ(dns_suffix("eu-central-1"), "amazonaws.com");
    EXPECT_EQ(dns_suffix("us-gov-west-1"), "amazonaws.com");
    EXPECT_EQ(dns_suffix("cn-north-1"), "amazonaws.com.cn");
    EXPECT_EQ(dns_suffix("us-iso-east-1"), "c2s.ic.gov");
    EXPECT_EQ(dns_suffix("us-isob-east-1"), "sc2s.sgov.gov");
}

}  // namespace
}  // namespace carillon::aws
