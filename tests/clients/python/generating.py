"""What the generator of the types has to know besides."""

import ast

from ariadne_codegen.plugins.base import Plugin

UNKNOWN = """
@classmethod
def _missing_(cls, value):
    new = str.__new__(cls, value)
    new._name_ = new._value_ = value
    return new
"""


class Plain(Plugin):
    def generate_enum(self, class_def, enum_type):
        """New words may come: a word that is not known is read as it is, and equals no other."""
        class_def.body += ast.parse(UNKNOWN).body
        return class_def

    def generate_result_types_module(self, module, operation_definition):
        return apart(module)

    def generate_client_module(self, module):
        return apart(module)

    def generate_init_module(self, module):
        return apart(module)


def apart(module: ast.Module) -> ast.Module:
    """Where an enum and an operation have one name (ReferralStatus), the enum is called ReferralStatusWord."""
    imports = [node for node in module.body if isinstance(node, ast.ImportFrom)]
    others = {node.name for node in module.body if isinstance(node, ast.ClassDef)}
    others |= {alias.name for node in imports if node.module != "enums" for alias in node.names}
    enums = [alias for node in imports if node.module == "enums" for alias in node.names if alias.name in others]
    both = {alias.name for alias in enums}
    for alias in enums:
        alias.asname = f"{alias.name}Word"
    for node in ast.walk(module):
        if isinstance(node, (ast.AnnAssign, ast.arg)) and node.annotation:
            for name in ast.walk(node.annotation):
                if isinstance(name, ast.Name) and name.id in both:
                    name.id += "Word"
    return module
