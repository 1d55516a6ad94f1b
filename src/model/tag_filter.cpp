#include "model/tag_filter.hpp"

#include "base/text.hpp"

namespace tern::model {

Result<SubscriptionData> tag_subscription(std::string_view topic, std::string_view expression,
                                          std::int64_t version) {
    SubscriptionData subscription{
        .sub_string = std::string{expression}, .sub_version = version, .topic = std::string{topic}};
    if (expression.empty() || expression == subscribe_all) {
        subscription.sub_string = subscribe_all;
        return subscription;
    }
    for (auto rest = expression; !rest.empty();) {
        constexpr std::string_view separator = "||";
        const auto end = rest.find(separator);
        if (const auto tag = trim(rest.substr(0, end)); !tag.empty()) {
            subscription.tags_set.emplace(tag);
            subscription.code_set.insert(java_hash(tag));
        }
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + separator.size());
    }
    if (subscription.tags_set.empty())
        return failure(Errc::subscription_malformed, "no tag in expression: " + std::string{expression});
    return subscription;
}

}  // namespace tern::model
