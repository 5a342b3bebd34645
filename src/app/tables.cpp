#include "app/tables.hpp"

#include "app/outbox_wiring.hpp"
#include "app/schedule_wiring.hpp"
#include "app/store.hpp"
#include "cli/table_templates.hpp"
#include "dynamo/ensure_table.hpp"
#include "layer/table.hpp"
#include "queue/peers.hpp"
#include "queue/queue.hpp"
#include "runtime/system_random.hpp"
#include "runtime/task_group.hpp"
#include "webhooks/webhook.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ostream>
#include <utility>

namespace carillon::app {
namespace {

using cli::ExitCode;

std::optional<std::int64_t> units(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 1) return std::nullopt;
    return value;
}

Result<> apply_billing(dynamo::TableSettings& settings, std::string_view billing) {
    if (billing == "on-demand") return {};
    const std::size_t slash = billing.find('/');
    const auto read = units(billing.substr(0, slash));
    const auto write =
        slash == std::string_view::npos ? std::nullopt : units(billing.substr(slash + 1));
    if (!read || !write) {
        return fail(Errc::invalid,
                    "--billing: must be on-demand, or READ/WRITE units such as 5/10");
    }
    settings.on_demand = false;
    settings.throughput = {*read, *write};
    return {};
}

Result<> apply_stream(dynamo::TableSettings& settings, std::string_view stream) {
    if (stream.empty()) return {};
    constexpr std::array<std::pair<std::string_view, dynamo::StreamView>, 4> views{
        {{"KEYS_ONLY", dynamo::StreamView::keys_only},
         {"NEW_IMAGE", dynamo::StreamView::new_image},
         {"OLD_IMAGE", dynamo::StreamView::old_image},
         {"NEW_AND_OLD_IMAGES", dynamo::StreamView::new_and_old_images}}};
    for (const auto& [name, view] : views) {
        if (name == stream) settings.stream = view;
    }
    if (settings.stream) return {};
    return fail(Errc::invalid,
                "--stream: must be KEYS_ONLY, NEW_IMAGE, OLD_IMAGE or NEW_AND_OLD_IMAGES");
}

struct Run {
    const TablesOptions& options;
    cli::Console& console;
    runtime::Loop& loop;
    const Store& store;
    std::vector<dynamo::TableSchema> schemas;
    ExitCode code = ExitCode::ok;
};

Task<Result<>> go_through(Run& run) {
    for (const dynamo::TableSchema& schema : run.schemas) {
        if (run.options.action == TablesAction::create) {
            CARILLON_CO_TRY(const auto table,
                            co_await dynamo::ensure_table(*run.store.database, schema));
            run.console.out << cli::table_text(table);
        } else {
            CARILLON_CO_TRY(const auto table,
                            co_await run.store.database->describe_table(schema.name));
            run.console.out << cli::table_text(table);
        }
    }
    co_return Result<>{};
}

Task<> live(Run& run) {
    const Result<> done = co_await go_through(run);
    if (!done) {
        run.console.err << "error: " << done.error().message << '\n';
        run.code = done.error().code == Errc::not_found ? ExitCode::not_found : ExitCode::failed;
    }
    co_await run.store.close();
    run.loop.stop();
}

}  // namespace

Result<> apply_options(dynamo::TableSchema& schema, const TablesOptions& options) {
    CARILLON_TRY_VOID(apply_billing(schema.settings, options.billing));
    CARILLON_TRY_VOID(apply_stream(schema.settings, options.stream));
    if (!options.ttl.empty()) schema.ttl_attribute = options.ttl;
    schema.settings.deletion_protection = options.protect;
    for (const std::string& tag : options.tags) {
        const std::size_t equals = tag.find('=');
        if (equals == std::string::npos || equals == 0) {
            return fail(Errc::invalid, "--tag: must be KEY=VALUE, not '" + tag + "'");
        }
        schema.settings.tags[tag.substr(0, equals)] = tag.substr(equals + 1);
    }
    return {};
}

Result<std::vector<dynamo::TableSchema>> tables_of(const Config& config, bool with_prefix) {
    CARILLON_TRY(const StoreUrl url, parse_store_url(config.store));
    const bool spread = url.dynamodb && !url.dynamodb->seed_layout;
    const std::string prefix = with_prefix && url.dynamodb ? url.dynamodb->prefix : std::string();
    std::vector<dynamo::TableSchema> schemas;
    schemas.push_back(webhooks::table_schema(
        prefix + config.table, spread ? webhooks::Layout::spread : webhooks::Layout::seed));
    const bool shared = url.dynamodb.has_value();
    const auto add = [&](dynamo::TableSchema schema) {
        schema.name = prefix + schema.name;
        // Layers may share a table.
        const auto same = std::ranges::find(schemas, schema.name, &dynamo::TableSchema::name);
        if (same == schemas.end()) schemas.push_back(std::move(schema));
    };
    if (shared) add(queue::workers_schema(queue::QueueOptions{}.workers_table));
    if (schedules_wanted(config, shared)) {
        for (dynamo::TableSchema& schema : schedules::Tables(schedules::TableNames{}).schemas()) {
            add(std::move(schema));
        }
    }
    if (outbox_wanted(config, shared)) {
        for (dynamo::TableSchema& schema : outbox_tables(config.events)) add(std::move(schema));
    }
    for (const LayerConfig& one : config.layers) {
        add(layer::LayerTable(one.table, one.name).schema());
    }
    return schemas;
}

ExitCode tables(const TablesOptions& options,
                const Config& config,
                cli::Console& console,
                runtime::Clock& clock) {
    const auto refuse = [&](const Error& error) {
        console.err << "error: " << error.message << '\n';
        return error.code == Errc::invalid ? ExitCode::usage : ExitCode::failed;
    };
    const bool exporting = options.action == TablesAction::export_template;
    auto schemas = tables_of(config, exporting);
    if (!schemas) return refuse(schemas.error());
    for (dynamo::TableSchema& schema : *schemas) {
        if (const auto applied = apply_options(schema, options); !applied) {
            return refuse(applied.error());
        }
    }
    if (exporting) {
        console.out << (options.format == "terraform" ? cli::to_terraform(*schemas)
                                                      : cli::to_cloudformation(*schemas));
        return ExitCode::ok;
    }
    const auto log =
        open_log({.level = config.log_level, .format = config.log_format, .now = [&clock] {
                      return clock.now();
                  }});
    runtime::SystemRandom random;
    runtime::BlockingPool pool(1);
    runtime::Loop loop(clock);
    const auto store = open_any_store(config, loop, pool, random, *log);
    if (!store) return refuse(store.error());
    runtime::TaskGroup group(loop);
    Run run{options, console, loop, *store, *std::move(schemas)};
    group.spawn(live(run));
    loop.run();
    return run.code;
}

}  // namespace carillon::app
