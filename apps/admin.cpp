// tern admin: mqadmin.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "cli/mqadmin.hpp"
#include "programs.hpp"

namespace tern::apps {
namespace {

Result<> write_file(io::FileSystem& files, const std::string& path, std::string_view content) {
    if (const auto slash = path.rfind('/'); slash != std::string::npos && slash > 0) {
        if (auto made = files.create_directories(path.substr(0, slash)); !made) return made;
    }
    auto file = files.open(path, io::OpenMode::create_or_truncate);
    if (!file) return std::unexpected(file.error());
    return (*file)->write_at(0, content);
}

}  // namespace

int run_admin(const std::vector<std::string>& arguments, const TlsArguments& tls_arguments) {
    net::TlsConfig tls;
    if (!complete(tls, tls_arguments, TlsReader::tool)) return cli::exit_failed;
    auto process = ServerProcess::open({}, "admin", LogLevel::info);
    if (!process) {
        std::fprintf(stderr, "%s\n", process.error().detail.c_str());
        return cli::exit_failed;
    }
    auto& world = **process;
    if (auto secured = world.secure_client(tls); !secured) {
        std::fprintf(stderr, "%s\n", secured.error().detail.c_str());
        return cli::exit_failed;
    }
    const std::vector<std::string_view> views{arguments.begin(), arguments.end()};
    cli::CliEnvironment environment{
        .transport = world.transport(),
        .runtime = world.runtime(),
        .run_until =
            [&world](auto&& holds) {
                while (!holds()) world.loop().run_one();
            },
        .out = std::cout,
        .err = std::cerr,
        .variable = [](std::string_view name) -> std::optional<std::string> {
            const char* value = std::getenv(std::string{name}.c_str());
            if (value == nullptr) return std::nullopt;
            return value;
        },
        .write_file = [&world](const std::string& path,
                               std::string_view content) { return write_file(world.files(), path, content); },
        .read_file = [&world](const std::string& path) { return io::read_file(world.files(), path); },
        .address = *model::Host::parse(first_address() + ":0"),
        .process = static_cast<std::uint16_t>(::getpid()),
    };
    return cli::run_mqadmin(views, environment);
}

}  // namespace tern::apps
