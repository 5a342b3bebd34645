// Runs a target without the fuzzer: every file of the folders that are named, then mutations of
// them, always the same. For builds that have no fuzzer's runtime.
//
//   carillon_fuzz_NAME FOLDER_OR_FILE...

#include "core/random.hpp"
#include "fuzz.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

constexpr int mutations = 4'000;
constexpr std::uint64_t seed = 20'261'121;

void run(const std::string& input) {
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::string read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> read_all(int count, char** names) {
    std::vector<std::filesystem::path> paths;
    for (int i = 1; i < count; ++i) {
        if (!std::filesystem::is_directory(names[i])) {
            paths.emplace_back(names[i]);
            continue;
        }
        for (const auto& entry : std::filesystem::directory_iterator(names[i])) {
            paths.push_back(entry.path());
        }
    }
    // The order of a folder is the file system's own.
    std::ranges::sort(paths);
    std::vector<std::string> inputs;
    for (const auto& path : paths) inputs.push_back(read(path));
    return inputs;
}

/// One of the usual small damages: a byte changed, dropped or put in, two inputs spliced.
void mutate(std::string& input, const std::vector<std::string>& corpus, carillon::Random& random) {
    const auto place = [&] { return input.empty() ? 0 : random.next() % input.size(); };
    switch (random.next() % 5) {
        case 0:
            if (!input.empty()) input[place()] = static_cast<char>(random.next());
            return;
        case 1:
            if (!input.empty()) input.erase(place(), 1 + random.next() % 4);
            return;
        case 2:
            input.insert(place(), 1, static_cast<char>(random.next()));
            return;
        case 3: {
            const std::string& other = corpus[random.next() % corpus.size()];
            const std::size_t from = other.empty() ? 0 : random.next() % other.size();
            input.insert(place(), other, from, 1 + random.next() % 40);
            return;
        }
        default: {
            const std::string& other = corpus[random.next() % corpus.size()];
            const std::size_t from = other.empty() ? 0 : random.next() % other.size();
            input.resize(place());
            input += other.substr(from);
            return;
        }
    }
}

}  // namespace

int main(int count, char** names) {
    const std::vector<std::string> corpus = read_all(count, names);
    if (corpus.empty()) {
        std::fprintf(stderr, "no corpus: name its folder\n");
        return 1;
    }
    run({});
    for (const std::string& input : corpus) run(input);
    carillon::SeededRandom random{seed};
    for (int i = 0; i < mutations; ++i) {
        std::string input = corpus[random.next() % corpus.size()];
        for (std::uint64_t left = 1 + random.next() % 4; left > 0; --left) {
            mutate(input, corpus, random);
        }
        run(input);
    }
    std::printf("%zu inputs and %d mutations of them\n", corpus.size(), mutations);
    return 0;
}
