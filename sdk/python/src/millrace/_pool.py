"""The SDK's own pool of protobuf messages.

Protobuf's default pool is shared by the whole process. Two packages that bring a file of the same name, such as
``google/rpc/status.proto``, fail there at import. A pool of our own cannot collide with other packages, and works with
every release of protobuf that this package allows.
"""

from base64 import b64decode

from google.protobuf import any_pb2, descriptor_pool, duration_pb2, message_factory, struct_pb2, timestamp_pb2
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.message import Message  # noqa: F401

_POOL = descriptor_pool.DescriptorPool()
for _file in (any_pb2, duration_pb2, struct_pb2, timestamp_pb2):
    _POOL.AddSerializedFile(_file.DESCRIPTOR.serialized_pb)


def add_file(*base64):
    """Adds a file, given as the base64 of its descriptor. The files that it imports must be there."""
    _POOL.AddSerializedFile(b64decode("".join(base64)))


def message_class(name):
    """Returns the class of a message, by the message's full name."""
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(name))


def enum_names(name):
    """Returns the names of an enum, by the enum's full name."""
    return EnumTypeWrapper(_POOL.FindEnumTypeByName(name))


AnyMessage = message_class("google.protobuf.Any")
Duration = message_class("google.protobuf.Duration")
Struct = message_class("google.protobuf.Struct")
Timestamp = message_class("google.protobuf.Timestamp")


class _Method:
    def __init__(self, path, request_name, response_name):
        self.path = path
        self.request_name = request_name
        self.serialize = message_class(request_name).SerializeToString
        self.parse = message_class(response_name).FromString


class UnaryUnary(_Method):
    """A method with one request and one response."""


class UnaryStream(_Method):
    """A method with one request and a stream of responses."""


class StreamUnary(_Method):
    """A method with a stream of requests and one response."""


class StreamStream(_Method):
    """A method with a stream of requests and a stream of responses."""
