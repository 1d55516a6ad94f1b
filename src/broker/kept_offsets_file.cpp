#include "broker/kept_offsets_file.hpp"

#include <utility>

namespace tern::broker {

Result<> KeptOffsetsFile::load() {
    if (!files_.exists(path_)) return {};
    const auto text = io::read_file(files_, path_);
    if (!text) return std::unexpected(text.error());
    if (auto restored = offsets_.restore(*text); !restored)
        return failure(Errc::corrupt, path_ + ": " + restored.error().detail +
                                          ". It has what consumers committed here while there was no "
                                          "leader; without the file they get again what came since");
    written_ = offsets_.revision();
    return {};
}

void KeptOffsetsFile::write_if_changed() {
    if (writing_ || offsets_.revision() == written_) return;
    const std::uint64_t revision = offsets_.revision();
    auto file = files_.open(path_ + ".writing", io::OpenMode::create_or_truncate);
    if (!file) return written(revision, std::unexpected(file.error()));
    if (auto put = (*file)->write_at(0, offsets_.text()); !put) return written(revision, put);
    writing_ = std::move(*file);
    writing_->sync([this, alive = alive_, revision](Result<> synced) {
        if (!*alive || !writing_) return;  // The last one, meanwhile, has newer ones.
        writing_.reset();
        if (synced) synced = files_.rename(path_ + ".writing", path_);
        written(revision, synced);
    });
}

Result<> KeptOffsetsFile::write_now() {
    writing_.reset();
    if (offsets_.revision() == written_) return {};
    auto replaced = io::replace_file(files_, path_, offsets_.text());
    written(offsets_.revision(), replaced);
    return replaced;
}

void KeptOffsetsFile::written(std::uint64_t revision, const Result<>& result) {
    if (result) {
        written_ = revision;
    } else {
        runtime_.log.warning("kept_offsets_not_written", {{"file", path_}, {"why", result.error().detail}});
    }
}

}  // namespace tern::broker
