"""A proxy as companies have one between their machines and AWS: tunnels, and notes to where."""

import socket
import threading


class Proxy:
    """Every tunnel ends at the listener, whatever name was asked for; names are those, in their order.

    With a reply that is no 200 nothing is tunnelled.
    """

    def __init__(self, listener, reply="200 OK"):
        self.names = []
        self._listener = listener
        self._reply = reply
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._socket.getsockname()[1]
        self.url = f"http://{self.address}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._socket.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096) or b"\r\n\r\n"
            self.names.append(head.split()[1].decode())
            client.sendall(f"HTTP/1.1 {self._reply}\r\n\r\n".encode())
            if self._reply.startswith("200"):
                with socket.create_connection((self._listener.address, self._listener.port)) as server:
                    back = threading.Thread(target=_pump, args=(server, client), daemon=True)
                    back.start()
                    _pump(client, server)
                    back.join()


def _pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass
