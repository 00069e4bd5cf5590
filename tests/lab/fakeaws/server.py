"""Sockets and threads: serves a world's APIs over TLS and its instances' metadata over plain HTTP."""

import socket
import ssl
import struct
import threading
import traceback

from .api import Api
from .connections import Connections
from .endpoints import endpoint_of
from .http1 import BadRequest, Reply, read_request, write_reply
from .imds import Imds
from .netns import listening_socket
from .services import SERVICES
from .tls import Authority

IDLE_SECONDS = 30


class Server:
    """All listeners of one world. ca_file is the authority that its TLS certificates come from."""

    def __init__(self, world, tls_dir):
        self._world = world
        self._authority = Authority(tls_dir)
        self._stopping = threading.Event()
        self._api = Api(world, self._stopping)
        self._listeners = []
        self.ca_file = self._authority.ca_file
        world.on_change(self._changed)

    def listen_https(self, address, port=0, netns=None):
        """Serve every service and region here; returns the Listener."""
        return self._listen(address, port, netns, self._api, self._tls_context(address))

    def listen_imds(self, address, port=0, vpc=None, instance=None, netns=None):
        """Serve the metadata of the instance that asks, told by its address in the VPC, or of this one instance."""
        return self._listen(address, port, netns, Imds(self._world, vpc, instance), None)

    def close(self):
        """Stop listening and break all connections."""
        self._stopping.set()
        for listener in self._listeners:
            listener.down()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def _changed(self, kind, thing):
        if kind == "public_address" and self._world.faults.cuts_on:
            for listener in self._listeners:
                listener.cut(thing.instance.id)

    def _listen(self, address, port, netns, answer, context):
        listener = Listener(address, port, netns, answer, context, self._world)
        listener.up()
        self._listeners.append(listener)
        return listener

    def _tls_context(self, address):
        context = self._authority.context(address)

        def choose(connection, name, _):
            connection.asked_name = name
            if name is None:
                return None
            if name != "localhost" and not endpoint_of(name, SERVICES):
                return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
            connection.context = self._authority.context(name)
            return None

        context.sni_callback = choose
        return context


class Listener:
    """One listening socket and its connections. port is the one bound, also where 0 was asked for."""

    def __init__(self, address, port, netns, answer, context, world):
        self.address = address
        self.port = port
        self._netns = netns
        self._answer = answer
        self._context = context
        self._world = world
        self._socket = None
        self._connections = Connections()

    @property
    def url(self):
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{'https' if self._context else 'http'}://{host}:{self.port}"

    def up(self):
        """Listen; again on the same address and port after down()."""
        self._socket = listening_socket(self.address, self.port, self._netns)
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._socket,), daemon=True).start()

    def down(self):
        """Refuse connections from now on, and break those there are."""
        if self._socket is None:
            return
        listening, self._socket = self._socket, None
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for connection in self._connections.all():
            _shut(connection)

    def cut(self, instance_id):
        """Break an instance's connections; the one that carries the running request ends after its reply."""
        for connection in self._connections.cut(instance_id):
            _reset(connection)
            _shut(connection)

    def _accept(self, listening):
        while True:
            try:
                connection, peer = listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection, peer[0]), daemon=True).start()

    def _serve(self, connection, peer):
        self._connections.add(connection)
        try:
            connection.settimeout(IDLE_SECONDS)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._converse(connection, peer)
        except OSError:
            pass
        except Exception:
            self._world.crashes.append(traceback.format_exc())
        finally:
            self._connections.discard(connection)
            connection.close()

    def _converse(self, connection, peer):
        secured = connection
        if self._context:
            secured = self._context.wrap_socket(connection.dup(), server_side=True)
        with secured, secured.makefile("rwb") as stream:
            while True:
                try:
                    request = read_request(stream, peer, getattr(secured, "asked_name", None))
                except BadRequest as error:
                    write_reply(stream, Reply(error.status, closes=True), self._world.clock())
                    return
                if request is None:
                    return
                reply = self._answer(request)
                if reply is None:
                    _reset(connection)
                    return
                reply.closes = reply.closes or not request.keeps_alive
                write_reply(stream, reply, self._world.clock())
                if not self._connections.outlives(connection, reply.caller):
                    _reset(connection)
                    return
                if reply.closes:
                    return


def _reset(connection):
    """Make the coming close a reset instead of an orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _shut(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
