"""A relay for mails: keeps what it gets, and answers as it is told."""

import email
import email.policy
import socketserver
import threading


class Relay:
    """`answer(verb)` gives a line for EHLO, MAIL, RCPT, DATA and "." (the mail itself), or None:
    then all is well."""

    def __init__(self, answer=lambda verb: None):
        self.answer = answer
        self._mails, self._lock = [], threading.Lock()
        relay = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                try:
                    self.talk()
                except OSError:  # The server under test was killed.
                    pass

            def say(self, line):
                self.wfile.write(line.encode() + b"\r\n")

            def talk(self):
                self.say("220-relay")
                self.say("220 ready")
                to = None
                while line := self.rfile.readline().decode().strip():
                    verb = line[:4].upper()
                    if verb == "QUIT":
                        return self.say("221 bye")
                    if verb == "RCPT":
                        to = line.split("<")[1].split(">")[0]
                    refusal = relay.answer(verb)
                    if refusal or verb != "DATA":
                        self.say(refusal or "250 fine")
                        continue
                    self.say("354 go on")
                    lines = []
                    while (text := self.rfile.readline()) != b".\r\n":
                        lines.append(text)
                    refusal = relay.answer(".")
                    if not refusal:
                        relay.keep(to, b"".join(lines))
                    self.say(refusal or "250 kept")

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def keep(self, to, data):
        with self._lock:
            self._mails.append((to, email.message_from_bytes(data, policy=email.policy.default)))

    def mails(self):
        """(to whom, the message) of each."""
        with self._lock:
            return list(self._mails)

    def close(self):
        self._server.shutdown()
        self._server.server_close()
