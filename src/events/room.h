/// How many deliveries may be held in memory on their way to targets outside: of one destination,
/// in all, and in bytes. Who was turned away is told when there is room again. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>

namespace tidemill::events {

class Room : public std::enable_shared_from_this<Room> {
 public:
  struct Limits {
    std::size_t of_destination = 128, of_all = 1024;
    std::size_t bytes = 64UL << 20;
  };
  /// A place; given back with it.
  class Slot {
   public:
    Slot(std::shared_ptr<Room> room, std::string destination, std::size_t bytes);
    ~Slot();
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

   private:
    const std::shared_ptr<Room> room_;
    const std::string destination_;
    const std::size_t bytes_;
  };

  /// `freed`: there is room for `destination`, which was turned away. On whatever thread gave its
  /// place back.
  Room(Limits limits, std::function<void(const std::string& destination)> freed);

  /// nullptr: there is no room now, and `freed` will be called.
  [[nodiscard]] std::unique_ptr<Slot> take(const std::string& destination, std::size_t bytes);
  /// From now on nobody is told anything.
  void close();

 private:
  void give_back(const std::string& destination, std::size_t bytes);
  [[nodiscard]] bool is_roomy(const std::string& destination) const;
  std::vector<std::string> take_called();

  const Limits limits_;
  const std::function<void(const std::string&)> freed_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::size_t> counts_;
  std::size_t all_ = 0, bytes_ = 0;
  std::set<std::string> turned_away_;
  bool closed_ = false;
};

}  // namespace tidemill::events
