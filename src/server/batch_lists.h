/// Reads the manifests that batches of files wait for (tidemill:batch with manifest=…) and tells
/// the hub what they list. What is to be read is a row, so a restart goes on with it. Its work is
/// on loop 0; owned by the program.
#pragma once

#include <memory>

#include "events/hub.h"
#include "io/loops.h"
#include "s3/objects.h"
#include "store/store.h"

namespace tidemill::server {

class BatchLists {
 public:
  /// All outlive the loops' last work.
  struct Parts {
    io::Loops& loops;
    store::Store& store;
    s3::Objects& objects;
    events::Hub& hub;
  };
  explicit BatchLists(const Parts& parts);
  ~BatchLists();
  BatchLists(const BatchLists&) = delete;
  BatchLists& operator=(const BatchLists&) = delete;

  /// There may be something to read: at start, and after the commit that holds a manifest. Any
  /// thread.
  void wake();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace tidemill::server
