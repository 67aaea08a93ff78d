"""One case for each class of the random ones: a class that nothing reaches any more is an error."""

from case import Case
from classes import differs
from world import COLLISION, Spec

TWINS = Spec(objects={"a/1": "1", "b/1": "2"})
ONE = Spec(files={"d/1": "1"}, directories=["empty"], objects={"C:a": "a", "C:p/x": "x"})

CLASSES = [
    Case("get s3://B/*/1", differs, TWINS),
    Case("dsync s3://B/a s3://B", differs, TWINS),
    Case("put -n d/1 s3://C/a", differs, ONE),
    Case("cp s3://B/a/1 s3://B/b/1", differs, TWINS),
    Case("sync -D empty s3://C/p", differs, ONE),
    Case("cp -r s3://B/x s3://C/new/", differs, COLLISION),
    Case("sync -D d/1 s3://B/new", differs, ONE),
    Case("put -r d empty no s3://B/new/", differs, ONE),
    Case("sync s3://B/a s3://B/b", differs, TWINS),
    Case("ls s3://B/x/", differs, COLLISION),
]
