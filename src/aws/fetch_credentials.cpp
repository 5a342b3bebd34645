// The network side of the credential chain: STS, container agents, instance metadata.
//
// Sources: "Container credential provider", "IMDS credential provider" and "Assume role credential
// provider" of the AWS SDKs and Tools reference guide; the API reference of STS.

#include "aws/credentials.hpp"
#include "aws/xml.hpp"
#include "core/json.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <utility>

namespace carillon::aws {

namespace {

constexpr int attempts_max = 3;
constexpr Duration retry_base{100};
constexpr Duration agent_timeout{2'000};
constexpr Duration sts_timeout{10'000};

/// Tries again what nothing answered to, or was answered with a 5xx or 429.
Task<Result<net::ClientResponse>> send(FetchContext& context, net::ClientRequest request) {
    for (int attempt = 1;; ++attempt) {
        net::ClientRequest copy = request;
        auto answer = co_await context.transport.send(std::move(copy));
        const bool ended = answer && answer->status < 500 && answer->status != 429;
        if (ended || attempt >= attempts_max) co_return answer;
        const auto most = static_cast<std::uint64_t>(retry_base.count()) << attempt;
        const Duration pause{static_cast<std::int64_t>(context.random.below(most) + 1)};
        (void)co_await context.loop.sleep_for(pause);
    }
}

Result<net::ClientRequest> request_to(const std::string& url, Duration timeout) {
    net::ClientRequest request;
    CARILLON_TRY(request.url, net::parse_url(url));
    request.connect_timeout = std::min(timeout, agent_timeout);
    request.total_timeout = timeout;
    return request;
}

Error refused(std::string_view who, const net::ClientResponse& answer) {
    const bool later = answer.status >= 500 || answer.status == 429;
    return Error{later ? Errc::unavailable : Errc::denied,
                 std::string(who) + " answered with status " + std::to_string(answer.status)};
}

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains({name.data(), name.size()});
    if (value == nullptr || !value->is_string()) return {};
    return std::string(value->get_string().data(), value->get_string().size());
}

/// What container agents and instances answer.
Result<Credentials> read_json(std::string_view who, const std::string& body) {
    const auto document = parse_json(body);
    if (!document || !document->is_object()) {
        return fail(Errc::corrupt, std::string(who) + " answered with something that is not JSON");
    }
    const json::object& object = document->get_object();
    const std::string code = text_of(object, "Code");
    if (!code.empty() && code != "Success") {
        return fail(Errc::denied, std::string(who) + " answered " + code);
    }
    Credentials credentials;
    credentials.access_key_id = text_of(object, "AccessKeyId");
    credentials.secret_access_key = text_of(object, "SecretAccessKey");
    credentials.session_token = text_of(object, "Token");
    if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
        return fail(Errc::corrupt, std::string(who) + " answered without keys");
    }
    const std::string expiration = text_of(object, "Expiration");
    if (!expiration.empty()) {
        CARILLON_TRY(credentials.expires_at, parse_instant(expiration));
    }
    return credentials;
}

Task<Result<Credentials>> from_container(FetchContext& context, Container container) {
    static const std::string who = "the container's credential agent";
    CARILLON_CO_TRY(net::ClientRequest request, request_to(container.url, agent_timeout));
    std::string token = container.token;
    if (!container.token_file.empty()) {
        CARILLON_CO_TRY(token, context.options.read(container.token_file));
        token = std::string(trim(token));
    }
    if (token.find_first_of("\r\n") != std::string::npos) {
        co_return fail(Errc::invalid, "the container's authorization token has a line break in it");
    }
    if (!token.empty()) request.headers.add("Authorization", token);
    request.headers.add("Accept", "application/json");
    CARILLON_CO_TRY(const net::ClientResponse answer, co_await send(context, std::move(request)));
    if (answer.status != 200) co_return std::unexpected(refused(who, answer));
    co_return read_json(who, answer.body);
}

Task<Result<std::string>> metadata(FetchContext& context,
                                   std::string url,
                                   std::string method,
                                   net::Headers headers) {
    CARILLON_CO_TRY(net::ClientRequest request, request_to(url, agent_timeout));
    request.method = std::move(method);
    request.headers = std::move(headers);
    CARILLON_CO_TRY(const net::ClientResponse answer, co_await send(context, std::move(request)));
    if (answer.status != 200) {
        co_return std::unexpected(refused("the instance's metadata service", answer));
    }
    co_return answer.body;
}

Task<Result<Credentials>> from_instance(FetchContext& context, InstanceMetadata instance) {
    const net::Headers lifetime{{"X-aws-ec2-metadata-token-ttl-seconds", "21600"}};
    CARILLON_CO_TRY(
        const std::string token,
        co_await metadata(context, instance.endpoint + "/latest/api/token", "PUT", lifetime));
    const net::Headers session{{"X-aws-ec2-metadata-token", trim(token)}};
    const std::string roles = instance.endpoint + "/latest/meta-data/iam/security-credentials/";
    CARILLON_CO_TRY(const std::string names, co_await metadata(context, roles, "GET", session));
    const std::string_view first = trim(std::string_view(names).substr(0, names.find('\n')));
    if (first.empty()) {
        co_return fail(Errc::denied, "no role is given to this machine");
    }
    const std::string url = roles + net::percent_encode(first);
    CARILLON_CO_TRY(const std::string body, co_await metadata(context, url, "GET", session));
    co_return read_json("the instance's metadata service", body);
}

using Parameters = std::vector<std::pair<std::string_view, std::string>>;

std::string form(const Parameters& parameters) {
    std::string body;
    for (const auto& [name, value] : parameters) {
        if (value.empty()) continue;
        if (!body.empty()) body += '&';
        body.append(name).append("=").append(net::percent_encode(value));
    }
    return body;
}

std::string sts_url(const FetchContext& context, const std::string& region) {
    const std::string_view given = variable(context.options.environment, "AWS_ENDPOINT_URL_STS");
    if (!given.empty()) return std::string(given);
    if (region.empty()) return "https://sts.amazonaws.com/";
    return "https://sts." + region + "." + std::string(dns_suffix(region)) + "/";
}

/// AssumeRole (signed by `signer`) or AssumeRoleWithWebIdentity (its token speaks for itself).
Task<Result<Credentials>> ask_sts(FetchContext& context,
                                  std::string region,
                                  std::string body,
                                  std::optional<Credentials> signer) {
    CARILLON_CO_TRY(net::ClientRequest request, request_to(sts_url(context, region), sts_timeout));
    request.method = "POST";
    request.headers.add("Content-Type", "application/x-www-form-urlencoded");
    request.body = std::move(body);
    if (signer) {
        request.headers.add("Host", request.url.authority());
        const Scope scope{region.empty() ? "us-east-1" : region, "sts"};
        sign("POST",
             request.url.path,
             request.url.query,
             request.headers,
             request.body,
             *signer,
             scope,
             context.loop.now());
        request.headers.remove("Host");
    }
    CARILLON_CO_TRY(const net::ClientResponse answer, co_await send(context, std::move(request)));
    if (answer.status != 200) {
        Error error = refused("STS", answer);
        const std::string code = xml_text(answer.body, "Code");
        const std::string message = xml_text(answer.body, "Message");
        if (!code.empty()) error.message = "STS answered " + code + ": " + message;
        co_return std::unexpected(std::move(error));
    }
    Credentials credentials;
    credentials.access_key_id = xml_text(answer.body, "AccessKeyId");
    credentials.secret_access_key = xml_text(answer.body, "SecretAccessKey");
    credentials.session_token = xml_text(answer.body, "SessionToken");
    if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
        co_return fail(Errc::corrupt, "STS answered without keys");
    }
    CARILLON_CO_TRY(credentials.expires_at, parse_instant(xml_text(answer.body, "Expiration")));
    co_return credentials;
}

Task<Result<Credentials>> from_web_identity(FetchContext& context, WebIdentity identity) {
    CARILLON_CO_TRY(const std::string token, context.options.read(identity.token_file));
    Parameters parameters{{"Action", "AssumeRoleWithWebIdentity"},
                          {"Version", "2011-06-15"},
                          {"RoleArn", identity.role_arn},
                          {"RoleSessionName", identity.session_name},
                          {"WebIdentityToken", std::string(trim(token))}};
    std::string region = identity.region.empty() ? context.options.region : identity.region;
    std::string body = form(parameters);
    std::optional<Credentials> nobody;
    co_return co_await ask_sts(context, std::move(region), std::move(body), std::move(nobody));
}

Task<Result<Credentials>> from_role(FetchContext& context, AssumeRole role) {
    Plan source = *role.source;
    CARILLON_CO_TRY(Credentials signer, co_await fetch_credentials(context, std::move(source)));
    Parameters parameters{{"Action", "AssumeRole"},
                          {"Version", "2011-06-15"},
                          {"RoleArn", role.role_arn},
                          {"RoleSessionName", role.session_name},
                          {"ExternalId", role.external_id}};
    if (role.duration_seconds > 0) {
        parameters.emplace_back("DurationSeconds", std::to_string(role.duration_seconds));
    }
    std::string region = role.region.empty() ? context.options.region : role.region;
    std::string body = form(parameters);
    std::optional<Credentials> by = std::move(signer);
    co_return co_await ask_sts(context, std::move(region), std::move(body), std::move(by));
}

}  // namespace

Task<Result<Credentials>> fetch_credentials(FetchContext& context, Plan plan) {
    if (auto* keys = std::get_if<Credentials>(&plan.how)) co_return std::move(*keys);
    if (auto* role = std::get_if<AssumeRole>(&plan.how)) {
        co_return co_await from_role(context, std::move(*role));
    }
    if (auto* identity = std::get_if<WebIdentity>(&plan.how)) {
        co_return co_await from_web_identity(context, std::move(*identity));
    }
    if (auto* container = std::get_if<Container>(&plan.how)) {
        co_return co_await from_container(context, std::move(*container));
    }
    if (auto* instance = std::get_if<InstanceMetadata>(&plan.how)) {
        co_return co_await from_instance(context, std::move(*instance));
    }
    co_return fail(Errc::denied, std::get<NoSource>(plan.how).why);
}

}  // namespace carillon::aws
