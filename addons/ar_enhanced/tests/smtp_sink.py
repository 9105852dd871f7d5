"""A mail server for tests: it takes every mail, keeps it, and gives it to nobody."""

import email
import email.policy
import socketserver
import threading
import time


class _Session(socketserver.StreamRequestHandler):
    """One connection; only what Python's own client asks for."""

    def handle(self):
        """Answer commands until the client leaves."""
        self._answer("220 sink")
        sender, recipients = "", []
        while line := self.rfile.readline().decode("ascii", "replace").strip():
            verb = line[:4].upper()
            if verb == "EHLO":
                self._answer("250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8")
            elif verb == "MAIL":
                sender, recipients = line, []
                self._answer("250 OK")
            elif verb == "RCPT":
                refused = any(address in line for address in self.server.refused)
                recipients += [] if refused else [line.partition("<")[2].partition(">")[0]]
                self._answer("550 no such user" if refused else "250 OK")
            elif verb == "DATA":
                self._answer("354 go on")
                self._take(sender, recipients)
            elif verb == "QUIT":
                self._answer("221 bye")
                return
            else:
                self._answer("250 OK")

    def _take(self, sender, recipients):
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        message = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        self.server.received.append((sender, recipients, message))
        time.sleep(self.server.delay)
        self._answer("250 OK")

    def _answer(self, text):
        self.wfile.write(text.encode() + b"\r\n")


class SmtpSink(socketserver.ThreadingTCPServer):
    """Listens on a free port of this machine, as a context manager.

    ``received`` has (sender, recipients, message); to the addresses ``refused`` nothing is taken; the answer to
    each message waits ``delay`` seconds.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port=0, delay=0, refused=()):
        super().__init__(("127.0.0.1", port), _Session)
        self.received, self.delay, self.refused = [], delay, refused
        self.port = self.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_details):
        self.shutdown()
        self.server_close()
