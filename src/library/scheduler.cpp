#include "carillon/scheduler.hpp"

#include "carillon/version.hpp"
#include "library/convert.hpp"
#include "library/engine.hpp"

#include <utility>

namespace carillon {
namespace {

using library::failed;
using library::to_public;

Expected<Webhook> one(Result<webhooks::Webhook> answer) {
    if (!answer) return failed(answer);
    return to_public(*answer);
}

using Change = Task<Result<webhooks::Webhook>> (webhooks::Service::*)(std::string, std::string);

Expected<Webhook> change(library::Engine& engine,
                         Change operation,
                         const std::string& name_space,
                         const std::string& id) {
    return one(engine.wait<Result<webhooks::Webhook>>(
        [operation](webhooks::Service& service, std::string in, std::string of) {
            return (service.*operation)(std::move(in), std::move(of));
        },
        name_space,
        id));
}

}  // namespace

std::string_view library_version() {
    return CARILLON_VERSION;
}

struct Scheduler::Impl {
    std::unique_ptr<library::Engine> engine;
};

Scheduler::Scheduler(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Scheduler::Scheduler(Scheduler&& other) noexcept = default;
Scheduler& Scheduler::operator=(Scheduler&& other) noexcept = default;
Scheduler::~Scheduler() = default;

Expected<Scheduler> Scheduler::open(const SchedulerOptions& options) {
    auto engine = library::Engine::open(options);
    if (!engine) return failed(engine);
    return Scheduler(std::make_unique<Impl>(Impl{*std::move(engine)}));
}

Expected<> Scheduler::start() {
    const auto started = impl_->engine->start();
    if (!started) return failed(started);
    return {};
}

void Scheduler::stop(std::chrono::milliseconds grace) {
    impl_->engine->stop(grace);
}

bool Scheduler::running() const {
    return impl_->engine->working();
}

Expected<Webhook> Scheduler::schedule(const WebhookRequest& request) {
    auto registration = library::to_registration(request, impl_->engine->now());
    if (!registration) return failed(registration);
    return one(impl_->engine->wait<Result<webhooks::Webhook>>(
        [](webhooks::Service& service, webhooks::Registration given) {
            return service.register_webhook(std::move(given));
        },
        *std::move(registration)));
}

std::vector<Expected<Webhook>> Scheduler::schedule_many(
    const std::vector<WebhookRequest>& requests) {
    std::vector<Expected<Webhook>> answers(requests.size());
    std::vector<webhooks::Registration> sound;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        auto registration = library::to_registration(requests[i], impl_->engine->now());
        if (registration) {
            sound.push_back(*std::move(registration));
            places.push_back(i);
        } else {
            answers[i] = failed(registration);
        }
    }
    auto made = impl_->engine->wait<std::vector<Result<webhooks::Webhook>>>(
        [](webhooks::Service& service, std::vector<webhooks::Registration> given) {
            return service.register_many(std::move(given));
        },
        std::move(sound));
    for (std::size_t i = 0; i < made.size(); ++i) answers[places[i]] = one(std::move(made[i]));
    return answers;
}

Expected<Webhook> Scheduler::get(const std::string& name_space, const std::string& id) {
    return change(*impl_->engine, &webhooks::Service::get, name_space, id);
}

Expected<WebhookPage> Scheduler::list(const WebhookFilter& filter,
                                      int limit,
                                      const std::optional<std::string>& next,
                                      bool descending) {
    webhooks::Fetch fetch{.selection = library::to_selection(filter),
                          .descending = descending,
                          .limit = limit,
                          .start_key = next};
    auto page = impl_->engine->wait<Result<webhooks::FetchPage>>(
        [](webhooks::Service& service, webhooks::Fetch given) {
            return service.fetch(std::move(given));
        },
        std::move(fetch));
    if (!page) return failed(page);
    WebhookPage out;
    for (const webhooks::Webhook& webhook : page->items) {
        out.webhooks.push_back(to_public(webhook));
    }
    out.next = std::move(page->next_key);
    return out;
}

Expected<Webhook> Scheduler::suspend(const std::string& name_space, const std::string& id) {
    return change(*impl_->engine, &webhooks::Service::suspend, name_space, id);
}

Expected<Webhook> Scheduler::unsuspend(const std::string& name_space, const std::string& id) {
    return change(*impl_->engine, &webhooks::Service::unsuspend, name_space, id);
}

Expected<Webhook> Scheduler::retry(const std::string& name_space, const std::string& id) {
    return change(*impl_->engine, &webhooks::Service::retry, name_space, id);
}

Expected<Webhook> Scheduler::cancel(const std::string& name_space, const std::string& id) {
    return change(*impl_->engine, &webhooks::Service::remove, name_space, id);
}

Expected<std::int64_t> Scheduler::cancel_many(const WebhookFilter& filter) {
    const auto report = impl_->engine->wait<Result<webhooks::BatchReport>>(
        [](webhooks::Service& service, webhooks::Selection given) {
            return service.remove_many(std::move(given));
        },
        library::to_selection(filter));
    if (!report) return failed(report);
    return report->count;
}

Expected<Scheduler::RunResult> Scheduler::run_due() {
    const auto report = impl_->engine->wait<Result<queue::Queue::RunReport>>(
        [](webhooks::Service& service) { return service.trigger(); });
    if (!report) return failed(report);
    return RunResult{.delivered = static_cast<std::int64_t>(report->done),
                     .errors = static_cast<std::int64_t>(report->errors)};
}

}  // namespace carillon
