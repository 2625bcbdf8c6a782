"""Counts its requests in memory and answers each with the count; a thread serves each connection."""
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

requests = count(1)


class Counter(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = f"{next(requests)}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("", 8080), Counter).serve_forever()
