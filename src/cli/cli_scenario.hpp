// For tests: mqadmin as it is called, in a world of scripted servers.
#pragma once

#include <cstdlib>
#include <ctime>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "cli/mqadmin.hpp"
#include "client/client_scenario.hpp"
#include "client/golden_answers.hpp"

namespace tern::cli {

// What one call of mqadmin left behind.
struct Outcome {
    int status{};
    std::string out;
    std::string err;
};

class CliScenario {
public:
    CliScenario() {
        ::setenv("TZ", "UTC", 1);
        ::tzset();
    }

    // The words after "mqadmin"; the NameServer is named by the environment.
    Outcome call(std::vector<std::string_view> words) {
        std::ostringstream out;
        std::ostringstream err;
        CliEnvironment environment{
            .transport = world.servers,
            .runtime = world.runtime(),
            .run_until = [this](const std::function<bool()>& condition) { world.run_until(condition); },
            .out = out,
            .err = err,
            .variable = [this](std::string_view name) -> std::optional<std::string> {
                const auto found = variables.find(std::string{name});
                if (found == variables.end()) return std::nullopt;
                return found->second;
            },
            .write_file = [this](const std::string& path, std::string_view content) -> Result<> {
                files[path] = content;
                return {};
            },
            .read_file = [this](const std::string& path) -> Result<std::string> {
                const auto found = files.find(path);
                if (found == files.end()) return failure(Errc::io_failed, path + ": No such file");
                return found->second;
            },
            .address = *model::Host::parse("10.0.0.7:0"),
            .process = 1};
        const int status = run_mqadmin(words, environment);
        return {status, out.str(), err.str()};
    }

    // A server of the reference implementation answered so once.
    void golden(const std::string& address, remoting::RequestCode code, const std::string& exchange) {
        world.servers.at(address, code, client::golden_answer(TERN_SOURCE_DIR, exchange));
    }

    client::ScriptedWorld world;
    std::map<std::string, std::string> variables{{"NAMESRV_ADDR", "ns:9876"}};
    std::map<std::string, std::string> files;  // That commands wrote, or are to read.
};

}  // namespace tern::cli
