"""Did pairing a rich place with a poor one help, when only a handful of places were treated?"""

from yrdecon import clean, core, diagnostics, errors, estimators, inference, places, policy, present, study
from yrdecon.clean import *
from yrdecon.core import *
from yrdecon.diagnostics import *
from yrdecon.errors import *
from yrdecon.estimators import *
from yrdecon.inference import *
from yrdecon.places import *
from yrdecon.policy import *
from yrdecon.present import *
from yrdecon.study import *

__version__ = "0.1.0"

__all__: list[str] = []
__all__ += clean.__all__
__all__ += core.__all__
__all__ += diagnostics.__all__
__all__ += errors.__all__
__all__ += estimators.__all__
__all__ += inference.__all__
__all__ += places.__all__
__all__ += policy.__all__
__all__ += present.__all__
__all__ += study.__all__
