#include "launcher/runtime/rendezvous.h"

#include "common/mpi/session.h"

namespace shoal::launcher {
namespace {

class MpiRendezvous : public Rendezvous {
 public:
  int rank() const override { return session_.rank(); }
  int size() const override { return session_.size(); }
  std::string broadcast(const std::string& from_rank_0) override { return session_.broadcast(from_rank_0); }
  std::vector<std::string> all_gather(const std::string& mine) override { return session_.all_gather(mine); }

 private:
  mpi::Session session_;
};

}  // namespace

std::unique_ptr<Rendezvous> mpi_rendezvous() { return std::make_unique<MpiRendezvous>(); }

}  // namespace shoal::launcher
