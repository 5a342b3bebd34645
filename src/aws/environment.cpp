#include "aws/environment.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

namespace carillon::aws {

std::string_view variable(const Environment& environment, std::string_view name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string_view() : std::string_view(found->second);
}

const std::vector<std::string>& variable_names() {
    static const std::vector<std::string> names{"AWS_ACCESS_KEY_ID",
                                                "AWS_SECRET_ACCESS_KEY",
                                                "AWS_SESSION_TOKEN",
                                                "AWS_PROFILE",
                                                "AWS_REGION",
                                                "AWS_DEFAULT_REGION",
                                                "AWS_CONFIG_FILE",
                                                "AWS_SHARED_CREDENTIALS_FILE",
                                                "AWS_WEB_IDENTITY_TOKEN_FILE",
                                                "AWS_ROLE_ARN",
                                                "AWS_ROLE_SESSION_NAME",
                                                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                                                "AWS_CONTAINER_AUTHORIZATION_TOKEN",
                                                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                                                "AWS_EC2_METADATA_DISABLED",
                                                "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                                                "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                                                "AWS_ENDPOINT_URL_STS",
                                                "AWS_ENDPOINT_URL_DYNAMODB",
                                                "HOME"};
    return names;
}

ReadFile system_files() {
    return [](const std::string& path) -> Result<std::string> {
        constexpr std::size_t bytes_max = 1'024 * 1'024;
        std::ifstream file(path, std::ios::binary);
        if (!file) {
            const int why = errno;
            return fail(why == ENOENT ? Errc::not_found : Errc::denied,
                        path + ": " + std::error_code(why, std::generic_category()).message());
        }
        std::string text(bytes_max + 1, '\0');
        file.read(text.data(), static_cast<std::streamsize>(text.size()));
        text.resize(static_cast<std::size_t>(file.gcount()));
        if (text.size() > bytes_max) return fail(Errc::too_large, path + " is over 1 MB");
        return text;
    };
}

}  // namespace carillon::aws
