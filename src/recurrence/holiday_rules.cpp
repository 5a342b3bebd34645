// Holidays by law, one row a rule. Where a law began or ended, the row says so; rules are held to
// from 1990 on for Germany and 1986 for the others (before, some rows are younger than they look).

#include "recurrence/holiday_rules.hpp"

#include "recurrence/holidays.hpp"

namespace carillon::recurrence {
namespace {

using holiday_rules::Kind;
using holiday_rules::Rule;
using holiday_rules::Substitute;

constexpr int monday = 1;
constexpr int wednesday = 3;
constexpr int thursday = 4;

constexpr std::uint32_t bit(int n) {
    return std::uint32_t{1} << static_cast<unsigned>(n);
}

constexpr std::uint32_t bw = bit(0), by = bit(1), be = bit(2), bb = bit(3), hb = bit(4),
                        hh = bit(5), he = bit(6), mv = bit(7), ni = bit(8), nw = bit(9),
                        rp = bit(10), sl = bit(11), sn = bit(12), st = bit(13), sh = bit(14),
                        th = bit(15), by_catholic = bit(16), by_augsburg = bit(17), de = bit(18);
constexpr std::uint32_t bavaria = by | by_catholic | by_augsburg;
constexpr std::uint32_t germany = bit(19) - 1;

constexpr Rule german_rules[] = {
    {"Neujahr", germany, Kind::fixed, 1, 1},
    {"Heilige Drei Könige", bw | bavaria | st, Kind::fixed, 1, 6},
    {.name = "Internationaler Frauentag",
     .regions = be,
     .kind = Kind::fixed,
     .month = 3,
     .number = 8,
     .from = 2019},
    {.name = "Internationaler Frauentag",
     .regions = mv,
     .kind = Kind::fixed,
     .month = 3,
     .number = 8,
     .from = 2023},
    {"Karfreitag", germany, Kind::easter, 0, -2},
    {"Ostersonntag", bb, Kind::easter, 0, 0},
    {"Ostermontag", germany, Kind::easter, 0, 1},
    {"Tag der Arbeit", germany, Kind::fixed, 5, 1},
    {.name = "Tag der Befreiung",
     .regions = be,
     .kind = Kind::fixed,
     .month = 5,
     .number = 8,
     .from = 2020,
     .to = 2020},
    {.name = "Tag der Befreiung",
     .regions = be,
     .kind = Kind::fixed,
     .month = 5,
     .number = 8,
     .from = 2025,
     .to = 2025},
    {"Christi Himmelfahrt", germany, Kind::easter, 0, 39},
    {"Pfingstsonntag", bb, Kind::easter, 0, 49},
    {"Pfingstmontag", germany, Kind::easter, 0, 50},
    {"Fronleichnam", bw | bavaria | he | nw | rp | sl, Kind::easter, 0, 60},
    {.name = "75. Jahrestag des Aufstands vom 17. Juni",
     .regions = be,
     .kind = Kind::fixed,
     .month = 6,
     .number = 17,
     .from = 2028,
     .to = 2028},
    {"Augsburger Friedensfest", by_augsburg, Kind::fixed, 8, 8},
    {"Mariä Himmelfahrt", sl | by_catholic | by_augsburg, Kind::fixed, 8, 15},
    {.name = "Weltkindertag",
     .regions = th,
     .kind = Kind::fixed,
     .month = 9,
     .number = 20,
     .from = 2019},
    {.name = "Tag der Deutschen Einheit",
     .regions = germany,
     .kind = Kind::fixed,
     .month = 10,
     .number = 3,
     .from = 1990},
    {"Reformationstag", bb | mv | sn | st | th, Kind::fixed, 10, 31},
    {.name = "Reformationstag",
     .regions = hb | hh | ni | sh,
     .kind = Kind::fixed,
     .month = 10,
     .number = 31,
     .from = 2018},
    {.name = "500. Reformationstag",
     .regions = germany & ~(bb | mv | sn | st | th),
     .kind = Kind::fixed,
     .month = 10,
     .number = 31,
     .from = 2017,
     .to = 2017},
    {"Allerheiligen", bw | bavaria | nw | rp | sl, Kind::fixed, 11, 1},
    {.name = "Buß- und Bettag",
     .regions = germany,
     .kind = Kind::before,
     .month = 11,
     .number = 23,
     .weekday = wednesday,
     .to = 1994},
    {.name = "Buß- und Bettag",
     .regions = sn,
     .kind = Kind::before,
     .month = 11,
     .number = 23,
     .weekday = wednesday,
     .from = 1995},
    {"1. Weihnachtstag", germany, Kind::fixed, 12, 25},
    {"2. Weihnachtstag", germany, Kind::fixed, 12, 26},
};

constexpr std::uint32_t us = bit(0);
constexpr auto observed = Substitute::nearest;

constexpr Rule american_rules[] = {
    {"New Year's Day", us, Kind::fixed, 1, 1, 0, observed},
    {.name = "Birthday of Martin Luther King, Jr.",
     .regions = us,
     .kind = Kind::nth,
     .month = 1,
     .number = 3,
     .weekday = monday,
     .from = 1986},
    {"Washington's Birthday", us, Kind::nth, 2, 3, monday},
    {"Memorial Day", us, Kind::last, 5, 0, monday},
    {.name = "Juneteenth",
     .regions = us,
     .kind = Kind::fixed,
     .month = 6,
     .number = 19,
     .substitute = observed,
     .from = 2021},
    {"Independence Day", us, Kind::fixed, 7, 4, 0, observed},
    {"Labor Day", us, Kind::nth, 9, 1, monday},
    {"Columbus Day", us, Kind::nth, 10, 2, monday},
    {"Veterans Day", us, Kind::fixed, 11, 11, 0, observed},
    {"Thanksgiving Day", us, Kind::nth, 11, 4, thursday},
    {"Christmas Day", us, Kind::fixed, 12, 25, 0, observed},
};

constexpr std::uint32_t eaw = bit(0), sct = bit(1), nir = bit(2);
constexpr std::uint32_t uk = eaw | sct | nir;

/// A bank holiday of one year.
constexpr Rule once(std::string_view name, std::uint32_t regions, int year, int month, int day) {
    return {.name = name,
            .regions = regions,
            .kind = Kind::fixed,
            .month = month,
            .number = day,
            .from = year,
            .to = year};
}

/// A rule without one of its years, in which a proclamation moved the day: two rows.
constexpr Rule until(Rule rule, int year) {
    rule.to = year;
    return rule;
}

constexpr Rule between(Rule rule, int from, int to) {
    rule.from = from;
    rule.to = to;
    return rule;
}

constexpr Rule early_may{"Early May bank holiday", uk, Kind::nth, 5, 1, monday};
constexpr Rule spring{"Spring bank holiday", uk, Kind::last, 5, 0, monday};

constexpr Rule british_rules[] = {
    {"New Year's Day", eaw | nir, Kind::fixed, 1, 1, 0, Substitute::monday},
    {"New Year's Day", sct, Kind::fixed, 1, 1, 0, Substitute::two_days},
    {"2nd January", sct, Kind::fixed, 1, 2, 0, Substitute::two_days},
    {"St Patrick's Day", nir, Kind::fixed, 3, 17, 0, Substitute::monday},
    {"Good Friday", uk, Kind::easter, 0, -2},
    {"Easter Monday", eaw | nir, Kind::easter, 0, 1},
    between(early_may, 1978, 1994),
    once("Early May bank holiday (VE day)", uk, 1995, 5, 8),
    between(early_may, 1996, 2019),
    once("Early May bank holiday (VE day)", uk, 2020, 5, 8),
    between(early_may, 2021, 9'999),
    until(spring, 2001),
    once("Spring bank holiday", uk, 2002, 6, 4),
    between(spring, 2003, 2011),
    once("Spring bank holiday", uk, 2012, 6, 4),
    between(spring, 2013, 2021),
    once("Spring bank holiday", uk, 2022, 6, 2),
    between(spring, 2023, 9'999),
    {"Battle of the Boyne", nir, Kind::fixed, 7, 12, 0, Substitute::monday},
    {"Summer bank holiday", sct, Kind::nth, 8, 1, monday},
    {"Summer bank holiday", eaw | nir, Kind::last, 8, 0, monday},
    {.name = "St Andrew's Day",
     .regions = sct,
     .kind = Kind::fixed,
     .month = 11,
     .number = 30,
     .substitute = Substitute::monday,
     .from = 2007},
    {"Christmas Day", uk, Kind::fixed, 12, 25, 0, Substitute::two_days},
    {"Boxing Day", uk, Kind::fixed, 12, 26, 0, Substitute::two_days},
    once("Millennium bank holiday", uk, 1999, 12, 31),
    once("Golden Jubilee", uk, 2002, 6, 3),
    once("Royal wedding", uk, 2011, 4, 29),
    once("Diamond Jubilee", uk, 2012, 6, 5),
    once("Platinum Jubilee", uk, 2022, 6, 3),
    once("State Funeral of Queen Elizabeth II", uk, 2022, 9, 19),
    once("Coronation of King Charles III", uk, 2023, 5, 8),
    once("World Cup bank holiday", sct, 2026, 6, 15),
};

constexpr std::uint32_t fr = bit(0), alsace_moselle = bit(1);
constexpr std::uint32_t france = fr | alsace_moselle;

constexpr Rule french_rules[] = {
    {"Jour de l'an", france, Kind::fixed, 1, 1},
    {"Vendredi saint", alsace_moselle, Kind::easter, 0, -2},
    {"Lundi de Pâques", france, Kind::easter, 0, 1},
    {"Fête du Travail", france, Kind::fixed, 5, 1},
    {"Victoire 1945", france, Kind::fixed, 5, 8},
    {"Ascension", france, Kind::easter, 0, 39},
    {"Lundi de Pentecôte", france, Kind::easter, 0, 50},
    {"Fête nationale", france, Kind::fixed, 7, 14},
    {"Assomption", france, Kind::fixed, 8, 15},
    {"Toussaint", france, Kind::fixed, 11, 1},
    {"Armistice 1918", france, Kind::fixed, 11, 11},
    {"Noël", france, Kind::fixed, 12, 25},
    {"Saint-Étienne", alsace_moselle, Kind::fixed, 12, 26},
};

constexpr HolidayCode codes[] = {
    {"DE", "Germany, nationwide", german_rules, de},
    {"DE-BW", "Baden-Württemberg", german_rules, bw},
    {"DE-BY", "Bavaria", german_rules, by},
    {"DE-BY-CATHOLIC", "Bavaria with Assumption Day", german_rules, by_catholic},
    {"DE-BY-AUGSBURG", "Augsburg", german_rules, by_augsburg},
    {"DE-BE", "Berlin", german_rules, be},
    {"DE-BB", "Brandenburg", german_rules, bb},
    {"DE-HB", "Bremen", german_rules, hb},
    {"DE-HH", "Hamburg", german_rules, hh},
    {"DE-HE", "Hesse", german_rules, he},
    {"DE-MV", "Mecklenburg-Vorpommern", german_rules, mv},
    {"DE-NI", "Lower Saxony", german_rules, ni},
    {"DE-NW", "North Rhine-Westphalia", german_rules, nw},
    {"DE-RP", "Rhineland-Palatinate", german_rules, rp},
    {"DE-SL", "Saarland", german_rules, sl},
    {"DE-SN", "Saxony", german_rules, sn},
    {"DE-ST", "Saxony-Anhalt", german_rules, st},
    {"DE-SH", "Schleswig-Holstein", german_rules, sh},
    {"DE-TH", "Thuringia", german_rules, th},
    {"US", "United States, federal", american_rules, us},
    {"GB-EAW", "England and Wales", british_rules, eaw},
    {"GB-ENG", "England", british_rules, eaw},
    {"GB-WLS", "Wales", british_rules, eaw},
    {"GB-SCT", "Scotland", british_rules, sct},
    {"GB-NIR", "Northern Ireland", british_rules, nir},
    {"FR", "France", french_rules, fr},
    {"FR-ALSACE-MOSELLE", "Alsace and Moselle", french_rules, alsace_moselle},
    {"FR-57", "Moselle", french_rules, alsace_moselle},
    {"FR-67", "Bas-Rhin", french_rules, alsace_moselle},
    {"FR-68", "Haut-Rhin", french_rules, alsace_moselle},
};

}  // namespace

std::span<const HolidayCode> holiday_codes() {
    return codes;
}

}  // namespace carillon::recurrence
