#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "common/optim/rule.h"
#include "model/layers/constraints.h"
#include "model/layers/initializers.h"
#include "model/layers/regularizers.h"
#include "model/losses/loss.h"
#include "model/metrics/metric.h"
#include "model/train/optimizer.h"

namespace shoal {
namespace {

using nlohmann::json;

// What the lines of tests/cases/<file>.json name under `key`.
std::set<std::string> rows_of(const std::string& file, const char* key) {
  std::set<std::string> names;
  for (const json& line : json::parse(std::ifstream(SHOAL_SOURCE_DIR "/tests/cases/" + file + ".json")))
    names.insert(line.at(key).get<std::string>());
  return names;
}

void expect_rows(const std::vector<std::string>& registered, const std::set<std::string>& rows) {
  for (const std::string& name : registered) EXPECT_EQ(rows.count(name), 1) << name << " has no row";
  for (const std::string& row : rows)
    EXPECT_EQ(std::count(registered.begin(), registered.end(), row), 1) << row << " is not registered";
}

TEST(CaseRows, EveryLossHasOne) { expect_rows(Loss::registered(), rows_of("losses", "loss")); }
TEST(CaseRows, EveryMetricHasOne) { expect_rows(Metric::registered(), rows_of("metrics", "metric")); }
TEST(CaseRows, EveryScheduleHasOne) { expect_rows(optim::schedule_names(), rows_of("schedules", "schedule")); }

TEST(CaseRows, EveryOptimizerHasOne) {
  const auto rows = rows_of("optimizers", "optimizer");
  expect_rows(Optimizer::registered(), rows);
  expect_rows(optim::rule_names(), rows);
}

TEST(CaseRows, EveryInitializerHasOne) {
  std::vector<std::string> classes;
  for (const std::string& name : initializers::registered())
    classes.push_back(initializers::get_config(name).at("class_name"));
  expect_rows(classes, rows_of("initializers", "initializer"));
}

// Regularizers and constraints stand in the rows of layers.
TEST(CaseRows, EveryRegularizerAndConstraintHasOne) {
  std::ifstream file(SHOAL_SOURCE_DIR "/tests/cases/layers_weights.json");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  std::vector<nlohmann::json> objects;
  for (const std::string& name : regularizers::registered()) objects.push_back(regularizers::get_config(name));
  for (const std::string& name : constraints::registered()) objects.push_back(constraints::get_config(name));
  for (const nlohmann::json& object : objects)
    EXPECT_NE(text.find(object.at("class_name").dump()), std::string::npos) << object["class_name"] << " has no row";
}

}  // namespace
}  // namespace shoal
