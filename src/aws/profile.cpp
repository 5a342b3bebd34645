#include "aws/profile.hpp"

#include "core/text.hpp"
#include "net/address_guard.hpp"
#include "net/url.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>

namespace carillon::aws {

namespace {

constexpr std::string_view default_profile = "default";
constexpr std::string_view default_session = "carillon";

/// The profile that a section's head names; empty when it is none.
std::string_view section_name(std::string_view line, bool config) {
    const std::size_t end = line.find(']');
    if (end == std::string_view::npos) return {};
    std::string_view name = trim(line.substr(1, end - 1));
    if (!config) return name;
    if (name == default_profile) return name;
    constexpr std::string_view prefix = "profile";
    if (!name.starts_with(prefix)) return {};
    name.remove_prefix(prefix.size());
    if (name.empty() || (name.front() != ' ' && name.front() != '\t')) return {};
    return trim(name);
}

std::string_view without_comment(std::string_view value) {
    for (const std::string_view mark : {" #", " ;", "\t#", "\t;"}) {
        value = value.substr(0, value.find(mark));
    }
    return trim(value);
}

void read_into(Profiles& profiles, std::string_view text, bool config) {
    Profile* profile = nullptr;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view raw = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::string_view line = trim(raw);
        if (line.empty() || line.front() == '#' || line.front() == ';') continue;
        if (line.front() == '[') {
            const std::string_view name = section_name(line, config);
            profile = name.empty() ? nullptr : &profiles[std::string(name)];
            continue;
        }
        // An indented line belongs to the value above it (s3 = ...): nothing of ours.
        const bool nested = raw.front() == ' ' || raw.front() == '\t';
        const std::size_t equals = line.find('=');
        if (profile == nullptr || nested || equals == std::string_view::npos) continue;
        std::string key = to_lower(trim(line.substr(0, equals)));
        (*profile)[std::move(key)] = std::string(without_comment(line.substr(equals + 1)));
    }
}

std::string_view setting(const Profile& profile, std::string_view key) {
    const auto found = profile.find(key);
    return found == profile.end() ? std::string_view() : std::string_view(found->second);
}

std::optional<Credentials> keys_of(const Profile& profile) {
    const std::string_view id = setting(profile, "aws_access_key_id");
    const std::string_view secret = setting(profile, "aws_secret_access_key");
    if (id.empty() || secret.empty()) return std::nullopt;
    return Credentials{.access_key_id = std::string(id),
                       .secret_access_key = std::string(secret),
                       .session_token = std::string(setting(profile, "aws_session_token"))};
}

std::string session_name(std::string_view given) {
    return std::string(given.empty() ? default_session : given);
}

bool says_true(std::string_view text) {
    return equals_ignoring_case(text, "true");
}

/// Whether plain http may carry credentials to this host: loopback, and where containers' agents
/// of ECS and EKS live.
bool is_trusted_plain_host(std::string_view host) {
    if (host == "localhost") return true;
    const auto address = net::IpAddress::parse(host);
    if (!address) return false;
    static constexpr std::array<std::string_view, 5> ranges{
        "127.0.0.0/8", "::1/128", "169.254.170.2/32", "169.254.170.23/32", "fd00:ec2::23/128"};
    return std::ranges::any_of(ranges, [&](std::string_view text) {
        const auto range = net::IpRange::parse(text);
        return range && range->contains(*address);
    });
}

Result<std::optional<Plan>> container_plan(const Environment& environment) {
    Container container;
    container.token = variable(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
    container.token_file = variable(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const std::string_view relative =
        variable(environment, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const std::string_view full = variable(environment, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (!relative.empty()) {
        if (relative.front() != '/') {
            return fail(Errc::invalid,
                        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must begin with a slash");
        }
        container.url = "http://169.254.170.2" + std::string(relative);
        return Plan{std::move(container)};
    }
    if (full.empty()) return std::nullopt;
    const auto url = net::parse_url(full);
    if (!url) {
        return fail(Errc::invalid, "AWS_CONTAINER_CREDENTIALS_FULL_URI: " + url.error().message);
    }
    if (!url->tls && !is_trusted_plain_host(url->host)) {
        return fail(Errc::denied,
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI: without TLS credentials come only from "
                    "this machine or a container agent, not from " +
                        url->host);
    }
    container.url = full;
    return Plan{std::move(container)};
}

std::optional<Plan> instance_plan(const Environment& environment) {
    if (says_true(variable(environment, "AWS_EC2_METADATA_DISABLED"))) return std::nullopt;
    std::string endpoint(variable(environment, "AWS_EC2_METADATA_SERVICE_ENDPOINT"));
    while (endpoint.ends_with('/')) endpoint.pop_back();
    if (endpoint.empty()) {
        const bool v6 = equals_ignoring_case(
            variable(environment, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"), "ipv6");
        endpoint = v6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
    }
    return Plan{InstanceMetadata{std::move(endpoint)}};
}

std::optional<Plan> environment_keys(const Environment& environment) {
    const std::string_view id = variable(environment, "AWS_ACCESS_KEY_ID");
    const std::string_view secret = variable(environment, "AWS_SECRET_ACCESS_KEY");
    if (id.empty() || secret.empty()) return std::nullopt;
    return Plan{
        Credentials{.access_key_id = std::string(id),
                    .secret_access_key = std::string(secret),
                    .session_token = std::string(variable(environment, "AWS_SESSION_TOKEN"))}};
}

/// Follows a profile to its source. One per make_plan.
class ProfileReader {
public:
    ProfileReader(const Environment& environment, const Profiles& profiles, Reach reach)
        : environment_(environment), profiles_(profiles), reach_(reach) {}

    /// Nothing when the profile says nothing about credentials.
    Result<std::optional<Plan>> read(const std::string& name) {
        const auto found = profiles_.find(name);
        if (found == profiles_.end()) {
            return fail(Errc::invalid, "there is no AWS profile " + name);
        }
        const Profile& profile = found->second;
        const bool again = !seen_.insert(name).second;
        if (again) {
            // A profile may name itself as its source, when it has keys of its own.
            if (auto keys = keys_of(profile)) return Plan{*std::move(keys)};
            return fail(Errc::invalid,
                        "AWS profile " + name + ": its source profiles go in a ring");
        }
        if (!setting(profile, "role_arn").empty()) return read_role(name, profile);
        if (auto keys = keys_of(profile)) return Plan{*std::move(keys)};
        for (const std::string_view key : {"credential_process", "sso_session", "sso_start_url"}) {
            if (setting(profile, key).empty()) continue;
            return fail(Errc::invalid,
                        "AWS profile " + name + ": " + std::string(key) +
                            " is not supported; export keys to the environment instead (aws "
                            "configure export-credentials)");
        }
        return std::nullopt;
    }

private:
    Result<std::optional<Plan>> read_role(const std::string& name, const Profile& profile) {
        const std::string region(setting(profile, "region"));
        const std::string_view token_file = setting(profile, "web_identity_token_file");
        if (!token_file.empty()) {
            return Plan{
                WebIdentity{.token_file = std::string(token_file),
                            .role_arn = std::string(setting(profile, "role_arn")),
                            .session_name = session_name(setting(profile, "role_session_name")),
                            .region = region}};
        }
        AssumeRole role;
        role.role_arn = setting(profile, "role_arn");
        role.session_name = session_name(setting(profile, "role_session_name"));
        role.external_id = setting(profile, "external_id");
        role.region = region;
        const std::string_view seconds = setting(profile, "duration_seconds");
        (void)std::from_chars(
            seconds.data(), seconds.data() + seconds.size(), role.duration_seconds);
        if (!setting(profile, "mfa_serial").empty()) {
            return fail(Errc::invalid,
                        "AWS profile " + name + ": mfa_serial needs a person to type a code");
        }
        CARILLON_TRY(Plan source, read_source(name, profile));
        role.source = std::make_shared<const Plan>(std::move(source));
        return Plan{std::move(role)};
    }

    Result<Plan> read_source(const std::string& name, const Profile& profile) {
        const std::string source(setting(profile, "source_profile"));
        if (!source.empty()) {
            CARILLON_TRY(std::optional<Plan> plan, read(source));
            if (plan) return *std::move(plan);
            return fail(Errc::invalid, "AWS profile " + source + " has no credentials");
        }
        const std::string_view kind = setting(profile, "credential_source");
        std::optional<Plan> plan;
        if (kind == "Environment") plan = environment_keys(environment_);
        if (kind == "Ec2InstanceMetadata" && reach_ == Reach::network) {
            plan = instance_plan(environment_);
        }
        if (kind == "EcsContainer") {
            CARILLON_TRY(plan, container_plan(environment_));
        }
        if (plan) return *std::move(plan);
        return fail(Errc::invalid,
                    "AWS profile " + name +
                        ": role_arn needs a source_profile, a credential_source that has "
                        "credentials, or a web_identity_token_file");
    }

    const Environment& environment_;
    const Profiles& profiles_;
    Reach reach_;
    std::set<std::string> seen_;
};

}  // namespace

Profiles parse_profiles(std::string_view config_text, std::string_view credentials_text) {
    Profiles profiles;
    read_into(profiles, config_text, true);
    read_into(profiles, credentials_text, false);
    return profiles;
}

Result<Profiles> read_profiles(const Environment& environment, const ReadFile& read) {
    const auto text_of = [&](std::string_view name, std::string_view usual) -> Result<std::string> {
        std::string path(variable(environment, name));
        if (path.empty()) {
            const std::string_view home = variable(environment, "HOME");
            if (home.empty()) return std::string();
            path = std::string(home) + "/.aws/" + std::string(usual);
        }
        auto text = read(path);
        if (!text && text.error().code == Errc::not_found) return std::string();
        return text;
    };
    CARILLON_TRY(const std::string config, text_of("AWS_CONFIG_FILE", "config"));
    CARILLON_TRY(const std::string credentials,
                 text_of("AWS_SHARED_CREDENTIALS_FILE", "credentials"));
    return parse_profiles(config, credentials);
}

Result<Plan> make_plan(const Environment& environment,
                       const Profiles& profiles,
                       std::string_view profile,
                       Reach reach) {
    ProfileReader reader(environment, profiles, reach);
    if (!profile.empty()) {
        CARILLON_TRY(std::optional<Plan> plan, reader.read(std::string(profile)));
        if (plan) return *std::move(plan);
        return fail(Errc::invalid,
                    "AWS profile " + std::string(profile) + " says nothing about credentials");
    }
    if (auto keys = environment_keys(environment)) return *std::move(keys);
    const std::string_view token_file = variable(environment, "AWS_WEB_IDENTITY_TOKEN_FILE");
    const std::string_view role = variable(environment, "AWS_ROLE_ARN");
    if (!token_file.empty() && !role.empty()) {
        return Plan{WebIdentity{
            .token_file = std::string(token_file),
            .role_arn = std::string(role),
            .session_name = session_name(variable(environment, "AWS_ROLE_SESSION_NAME"))}};
    }
    const std::string named(variable(environment, "AWS_PROFILE"));
    const std::string name = named.empty() ? std::string(default_profile) : named;
    if (!named.empty() || profiles.contains(name)) {
        CARILLON_TRY(std::optional<Plan> plan, reader.read(name));
        if (plan) return *std::move(plan);
    }
    CARILLON_TRY(std::optional<Plan> container, container_plan(environment));
    if (container) return *std::move(container);
    if (reach == Reach::network) {
        if (auto instance = instance_plan(environment)) return *std::move(instance);
    }
    return Plan{NoSource{
        "no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile "
        "(AWS_PROFILE, ?profile=), or run where a role is given to the machine"}};
}

std::string find_region(const Environment& environment,
                        const Profiles& profiles,
                        std::string_view profile) {
    for (const std::string_view name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
        const std::string_view region = variable(environment, name);
        if (!region.empty()) return std::string(region);
    }
    if (profile.empty()) profile = variable(environment, "AWS_PROFILE");
    if (profile.empty()) profile = default_profile;
    const auto found = profiles.find(profile);
    if (found == profiles.end()) return {};
    return std::string(setting(found->second, "region"));
}

std::string_view dns_suffix(std::string_view region) {
    if (region.starts_with("cn-")) return "amazonaws.com.cn";
    if (region.starts_with("us-iso-")) return "c2s.ic.gov";
    if (region.starts_with("us-isob-")) return "sc2s.sgov.gov";
    if (region.starts_with("eusc-")) return "amazonaws.eu";
    return "amazonaws.com";
}

}  // namespace carillon::aws
