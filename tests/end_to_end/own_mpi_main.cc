#define OMPI_SKIP_MPICXX 1  // the C interface only
#include <mpi.h>

#include <cstdio>

#include "shoal.h"
#include "tests/end_to_end/job.h"

// A program that uses MPI itself: it starts MPI before the Runtime and goes on using it after the Runtime's end.
int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  int rank = 0, workers = 0;
  {
    shoal::Runtime runtime(argc, argv);
    workers = runtime.workers();
    JobOptions options;
    options.rank = rank = runtime.rank();
    options.out = argc > 1 ? argv[1] : "";
    run_job(options);
  }
  int finalized = 1;
  MPI_Finalized(&finalized);
  // Workers are the first ranks: rank 0 and 1 talk over the program's own MPI.
  int token = rank == 0 ? 4711 : 0;
  if (rank == 0 && workers > 1) MPI_Send(&token, 1, MPI_INT, 1, 0, MPI_COMM_WORLD);
  if (rank == 1) MPI_Recv(&token, 1, MPI_INT, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  if (rank <= 1) std::printf("worker %d has %d\n", rank, token);
  MPI_Finalize();
  return finalized != 0 || token != 4711 ? 1 : 0;
}
