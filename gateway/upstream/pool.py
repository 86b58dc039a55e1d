"""The client over aiohttp's connection pool.

aiohttp passes on what others alter: pyreqwest 0.15 fails on a header value beyond ASCII, rewrites `'` in queries and encoded dot
segments in paths, and calls a late answer a failed connect, which would make it look safe to repeat. httpx's own pool serves 64
callers of a 50 ms vendor at a tenth of the rate.
"""

import aiohttp
from yarl import URL

from gateway.upstream.client import Body, Late, Lost, Malformed, Patience, RawHeaders, TextHeaders, Unsent

# Servers close idle connections (uvicorn and Node after 5 s). Closing them first leaves hardly a request that meets a dying one.
_IDLE_SECONDS = 4.0
_DNS_SECONDS = 10
_HEADER_BYTES = 64 * 1024
_HEADERS = 1024
# aiohttp would add these where the caller sent none.
_AUTOMATIC = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


_NO_CONNECTION = (aiohttp.ClientConnectorError, aiohttp.ClientConnectorCertificateError, aiohttp.ConnectionTimeoutError)


class PooledAnswer:
    """An aiohttp response as an `Answer`."""

    __slots__ = ("_content", "_response", "headers", "status")

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self._content = response.content
        self.status = response.status
        self.headers: RawHeaders = list(response.raw_headers)

    @property
    def ended(self) -> bool:
        """Whether the whole body has been read."""
        return self._content.at_eof()

    async def read(self) -> bytes:
        """The next bytes, however few. Raises Late or Lost."""
        try:
            return await self._content.readany()
        except aiohttp.SocketTimeoutError as error:
            raise Late(_text(error)) from error
        except (aiohttp.ClientError, OSError) as error:
            raise Lost(_text(error)) from error

    def close(self) -> None:
        """Cut the connection unless the body has been read to its end: then it has gone back to the pool already."""
        if not self._content.at_eof():
            self._response.close()


class PooledClient:
    """Any number of connections, kept alive between requests. It belongs to the event loop it was made in."""

    def __init__(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE_SECONDS, ttl_dns_cache=_DNS_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=_AUTOMATIC,
            requote_redirect_url=False,
            trust_env=False,
            max_line_size=_HEADER_BYTES,
            max_field_size=_HEADER_BYTES,
            max_headers=_HEADERS,
            middlewares=(_once,),
        )
        self._timeouts: dict[Patience, aiohttp.ClientTimeout] = {}

    async def send(self, method: str, url: str, headers: TextHeaders, body: Body, patience: Patience) -> PooledAnswer:
        """The head of the answer. Raises Unsent, Late, Lost or Malformed."""
        try:
            response = await self._session.request(
                method,
                URL(url, encoded=True),
                headers=headers,
                data=body,
                timeout=self._timeout(patience),
                allow_redirects=False,
            )
        except _NO_CONNECTION as error:
            raise Unsent(_text(error)) from error
        except aiohttp.ServerTimeoutError as error:
            raise Late(_text(error)) from error
        except (aiohttp.ClientResponseError, aiohttp.ClientPayloadError) as error:
            raise Malformed(_text(error)) from error
        except (aiohttp.ClientError, OSError) as error:
            raise Lost(_text(error)) from error
        return PooledAnswer(response)

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()

    def _timeout(self, patience: Patience) -> aiohttp.ClientTimeout:
        known = self._timeouts.get(patience)
        if known is None:
            known = self._timeouts[patience] = aiohttp.ClientTimeout(total=None, connect=patience.connect, sock_read=patience.read)
        return known


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keeps aiohttp from repeating idempotent requests on its own: repetitions are counted, paced and bounded elsewhere."""
    try:
        return await handler(request)
    except _NO_CONNECTION:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise Lost(_text(error)) from error


def _text(error: Exception) -> str:
    """What happened, without the URL, whose query may hold anything."""
    detail: object = None
    if isinstance(error, aiohttp.ClientConnectorError):
        detail = error.os_error
    elif isinstance(error, aiohttp.ClientResponseError):
        detail = error.message
    elif isinstance(error, OSError):
        detail = error.errno
    return type(error).__name__ if detail is None else f"{type(error).__name__}: {detail}"
