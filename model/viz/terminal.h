#pragma once

namespace shoal::viz {

// Standard output is a terminal, or is shown on one by a launcher that says so (SHOAL_TERMINAL=1, or 0 when it is not).
bool is_terminal();
int terminal_width();  // columns; 80 when it is not known

}  // namespace shoal::viz
