// The shared config and credentials files, and what a profile in them means.
//
// Source: "Configuration and credential file settings" and "Assume role credential provider" of the
// AWS SDKs and Tools reference guide. Pure: text in, a plan out. credentials.hpp carries plans out.

#pragma once

#include "aws/environment.hpp"
#include "aws/sigv4.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace carillon::aws {

using Profile = std::map<std::string, std::string, std::less<>>;
using Profiles = std::map<std::string, Profile, std::less<>>;

/// Both files' profiles. In the config file sections are `[profile NAME]` and `[default]`, in the
/// credentials file `[NAME]`; what the credentials file says goes before. Keys in lower case.
/// Lines that make no sense are passed over, as AWS's tools do; nested values too.
[[nodiscard]] Profiles parse_profiles(std::string_view config_text,
                                      std::string_view credentials_text);

/// The files named by the environment (or below HOME). Missing files are empty ones.
[[nodiscard]] Result<Profiles> read_profiles(const Environment& environment, const ReadFile& read);

// How credentials are to be had.

struct Plan;

struct AssumeRole {
    std::shared_ptr<const Plan> source;  ///< Whose credentials ask for the role's.
    std::string role_arn;
    std::string session_name;
    std::string external_id{};
    int duration_seconds = 0;  ///< 0: the service's own (one hour).
    std::string region{};      ///< Of the profile, for STS.
};

struct WebIdentity {
    std::string token_file;
    std::string role_arn;
    std::string session_name;
    std::string region{};
};

struct Container {
    std::string url;
    std::string token{};  ///< The Authorization header.
    std::string token_file{};
};

struct InstanceMetadata {
    std::string endpoint;  ///< `http://169.254.169.254`
};

/// Where no source was found; says what was looked at.
struct NoSource {
    std::string why;
};

struct Plan {
    std::variant<NoSource, Credentials, AssumeRole, WebIdentity, Container, InstanceMetadata> how;
};

/// Whether asking other machines for credentials is worth the wait: not for local emulators.
enum class Reach : std::uint8_t { files_only, network };

/// The standard chain: a profile that was named; keys in the environment; web identity in the
/// environment; the default profile; the container's; the instance's.
/// `invalid` or `denied` when what was configured is wrong: it is not passed over.
[[nodiscard]] Result<Plan> make_plan(const Environment& environment,
                                     const Profiles& profiles,
                                     std::string_view profile,  ///< Asked for by name, or empty.
                                     Reach reach);

/// AWS_REGION, AWS_DEFAULT_REGION, the profile's; empty when nothing says.
[[nodiscard]] std::string find_region(const Environment& environment,
                                      const Profiles& profiles,
                                      std::string_view profile);

/// `amazonaws.com`, or that of the region's partition.
[[nodiscard]] std::string_view dns_suffix(std::string_view region);

}  // namespace carillon::aws
