#include "common/mpi/session.h"

#define OMPI_SKIP_MPICXX 1  // the C interface only
#include <mpi.h>

#include <cstdlib>
#include <numeric>

#include "common/base/error.h"

namespace shoal::mpi {
namespace {

constexpr std::size_t kMaxText = 64 << 10;

void check(int code, const char* what) {
  if (code != MPI_SUCCESS) raise<InternalError>("MPI: {} failed with code {}", what, code);
}

// A setting of Open MPI for this process, unless the person chose one.
class DefaultSetting {
 public:
  DefaultSetting(const char* name, const char* value) : name_(std::getenv(name) == nullptr ? name : nullptr) {
    if (name_ != nullptr) ::setenv(name, value, 0);
  }
  ~DefaultSetting() {
    if (name_ != nullptr) ::unsetenv(name_);
  }

 private:
  const char* name_;
};

}  // namespace

struct Session::Impl {
  MPI_Comm communicator = MPI_COMM_NULL;
  bool ours = false;
};

Session::Session() : impl_(new Impl) {
  int initialized = 0, finalized = 0;
  MPI_Initialized(&initialized);
  MPI_Finalized(&finalized);
  if (finalized != 0)
    raise<InternalError>("MPI was finalized before the Runtime began; finalize it after the Runtime's end");
  if (initialized == 0) {
    // A few short texts need neither shared memory (a segment in /dev/shm would outlive a killed process) nor a probe
    // for fast networks (0.2 s).
    const DefaultSetting transport("OMPI_MCA_btl", "tcp,self"), messages("OMPI_MCA_pml", "ob1");
    int provided = 0;
    check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
    impl_->ours = true;
  }
  check(MPI_Comm_dup(MPI_COMM_WORLD, &impl_->communicator), "MPI_Comm_dup");
  check(MPI_Comm_rank(impl_->communicator, &rank_), "MPI_Comm_rank");
  check(MPI_Comm_size(impl_->communicator, &size_), "MPI_Comm_size");
}

Session::~Session() {
  MPI_Comm_free(&impl_->communicator);
  if (impl_->ours) MPI_Finalize();
  delete impl_;
}

std::string Session::broadcast(const std::string& from_rank_0) {
  std::string text = rank_ == 0 ? from_rank_0 : std::string();
  if (text.size() > kMaxText) raise("MPI broadcast: at most {} bytes, received {}", kMaxText, text.size());
  int length = static_cast<int>(text.size());
  check(MPI_Bcast(&length, 1, MPI_INT, 0, impl_->communicator), "MPI_Bcast");
  text.resize(static_cast<std::size_t>(length));
  check(MPI_Bcast(text.data(), length, MPI_CHAR, 0, impl_->communicator), "MPI_Bcast");
  return text;
}

std::vector<std::string> Session::all_gather(const std::string& mine) {
  if (mine.size() > kMaxText) raise("MPI all-gather: at most {} bytes a process, received {}", kMaxText, mine.size());
  const auto count = static_cast<std::size_t>(size_);
  const int length = static_cast<int>(mine.size());
  std::vector<int> lengths(count), offsets(count, 0);
  check(MPI_Allgather(&length, 1, MPI_INT, lengths.data(), 1, MPI_INT, impl_->communicator), "MPI_Allgather");
  std::exclusive_scan(lengths.begin(), lengths.end(), offsets.begin(), 0);
  std::string all(static_cast<std::size_t>(offsets.back() + lengths.back()), '\0');
  check(MPI_Allgatherv(mine.data(), length, MPI_CHAR, all.data(), lengths.data(), offsets.data(), MPI_CHAR,
                       impl_->communicator),
        "MPI_Allgatherv");
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i)
    texts.push_back(all.substr(static_cast<std::size_t>(offsets[i]), static_cast<std::size_t>(lengths[i])));
  return texts;
}

std::string library_name() {
  std::string text(MPI_MAX_LIBRARY_VERSION_STRING, '\0');
  int length = 0;
  check(MPI_Get_library_version(text.data(), &length), "MPI_Get_library_version");
  text.resize(static_cast<std::size_t>(length));
  return text.substr(0, text.find(','));  // then come its package and where it was built
}

bool is_running() {
  int initialized = 0, finalized = 0;
  MPI_Initialized(&initialized);
  MPI_Finalized(&finalized);
  return initialized != 0 && finalized == 0;
}

void finalize() {
  if (is_running()) MPI_Finalize();
}

}  // namespace shoal::mpi
