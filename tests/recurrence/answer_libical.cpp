// Asks libical for the first readings of a rule: lines `DTSTART<tab>RRULE<tab>COUNT` in, readings
// out, `error` where it refuses, `endless` where it has not answered after a fifth of a second (it
// has no step budget). Without zones: libical 3.0.16 is wrong on the day after a gap of a zone.

#include <csetjmp>
#include <csignal>
#include <iostream>
#include <libical/ical.h>
#include <sstream>
#include <string>
#include <sys/time.h>

namespace {

sigjmp_buf give_up;

void on_alarm(int /*signal*/) {
    siglongjmp(give_up, 1);
}

void set_alarm(int microseconds) {
    itimerval timer{};
    timer.it_value.tv_usec = microseconds;
    setitimer(ITIMER_REAL, &timer, nullptr);
}

std::string answer(const std::string& start, const std::string& rule, int count) {
    const icalrecurrencetype recurrence = icalrecurrencetype_from_string(rule.c_str());
    const icaltimetype begin = icaltime_from_string(start.c_str());
    if (recurrence.freq == ICAL_NO_RECURRENCE || icaltime_is_null_time(begin) != 0) return "error";
    icalrecur_iterator* iterator = icalrecur_iterator_new(recurrence, begin);
    if (iterator == nullptr) return "error";
    std::string text;
    for (int i = 0; i < count; ++i) {
        const icaltimetype next = icalrecur_iterator_next(iterator);
        if (icaltime_is_null_time(next) != 0) break;
        text += std::string(icaltime_as_ical_string(next)) + ' ';
    }
    icalrecur_iterator_free(iterator);
    return text;
}

}  // namespace

int main() {
    icalerror_set_errors_are_fatal(0);
    std::signal(SIGALRM, on_alarm);
    std::string line;
    while (std::getline(std::cin, line)) {
        std::istringstream fields(line);
        static std::string start;
        static std::string rule;
        static std::string count;
        std::getline(fields, start, '\t');
        std::getline(fields, rule, '\t');
        std::getline(fields, count, '\t');
        // What libical holds at that moment leaks; the process is short-lived.
        if (sigsetjmp(give_up, 1) != 0) {
            std::cout << "endless\n";
            continue;
        }
        set_alarm(200'000);
        const std::string text = answer(start, rule, std::stoi(count));
        set_alarm(0);
        std::cout << text << '\n';
    }
    return 0;
}
