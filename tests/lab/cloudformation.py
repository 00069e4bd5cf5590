"""CloudFormation, as far as the stack of a site needs it: parameters, conditions, functions, and which properties and
attributes its types of resources have. Whatever else a template has is refused.
"""

import base64
import re

# Type: (properties, those that are required, attributes for Fn::GetAtt). Source: the resource type reference.
TYPES = {
    "AWS::EC2::EIP": ({"Domain", "InstanceId", "Tags"}, set(), {"AllocationId", "PublicIp"}),
    "AWS::EC2::SecurityGroup": ({"GroupDescription", "GroupName", "SecurityGroupEgress", "SecurityGroupIngress", "Tags",
                                 "VpcId"}, {"GroupDescription"}, {"GroupId", "VpcId"}),
    "AWS::IAM::Role": ({"AssumeRolePolicyDocument", "Description", "ManagedPolicyArns", "MaxSessionDuration", "Path",
                        "PermissionsBoundary", "Policies", "RoleName", "Tags"}, {"AssumeRolePolicyDocument"},
                       {"Arn", "RoleId"}),
    "AWS::IAM::InstanceProfile": ({"InstanceProfileName", "Path", "Roles"}, {"Roles"}, {"Arn"}),
    "AWS::EC2::LaunchTemplate": ({"LaunchTemplateData", "LaunchTemplateName", "TagSpecifications",
                                  "VersionDescription"}, {"LaunchTemplateData"},
                                 {"LaunchTemplateId", "LatestVersionNumber", "DefaultVersionNumber"}),
    "AWS::AutoScaling::AutoScalingGroup": (
        {"AutoScalingGroupName", "AvailabilityZones", "DesiredCapacity", "HealthCheckGracePeriod", "HealthCheckType",
         "LaunchTemplate", "LifecycleHookSpecificationList", "MaxSize", "MinSize", "Tags", "VPCZoneIdentifier"},
        {"MinSize", "MaxSize"}, set()),
}
PARAMETERS = {"String", "CommaDelimitedList", "AWS::EC2::VPC::Id", "AWS::EC2::Image::Id", "List<AWS::EC2::Subnet::Id>"}
SECTIONS = {"AWSTemplateFormatVersion", "Description", "Parameters", "Conditions", "Resources", "Outputs"}
NOTHING = object()


class Stack:
    """A template that is deployed with these values. pseudo has "AWS::Region" and the like; made maps the logical ids
    to what Ref gives, attributes to {(id, name): value}. resources has each one's resolved properties.
    """

    def __init__(self, template, values, pseudo, made, attributes):
        assert set(template) <= SECTIONS and template["AWSTemplateFormatVersion"] == "2010-09-09"
        self.template = template
        self.pseudo = pseudo
        self.made = made
        self.attributes = attributes
        self.values = {name: self._value(name, one, values) for name, one in template["Parameters"].items()}
        assert set(values) <= set(self.values)
        self.conditions = {name: self._holds(test) for name, test in template["Conditions"].items()}
        self.needs = {}
        self.resources = {}
        for name, resource in template["Resources"].items():
            assert set(resource) <= {"Type", "Properties", "UpdatePolicy", "DependsOn"}
            assert re.fullmatch("[A-Za-z0-9]+", name)
            self.needs[name] = set()
            self._resolving = name
            self.resources[name] = self.resolve(resource["Properties"])
            known, required, _ = TYPES[resource["Type"]]
            assert required <= set(self.resources[name]) <= known, name
        self._resolving = None
        self.outputs = {name: self.resolve(one["Value"]) for name, one in template["Outputs"].items()}

    def order(self):
        """The logical ids, each after those that it needs; what goes round in circles is a ValueError."""
        done, rest = [], dict(self.needs)
        while rest:
            ready = sorted(name for name, needs in rest.items() if needs <= set(done))
            if not ready:
                raise ValueError(f"{sorted(rest)} wait for each other")
            done += ready
            for name in ready:
                del rest[name]
        return done

    def _value(self, name, parameter, values):
        assert set(parameter) <= {"Type", "Description", "Default", "AllowedPattern"} and parameter["Type"] in PARAMETERS
        if name not in values and "Default" not in parameter:
            raise ValueError(f"parameter {name} has no value")
        value = values.get(name, parameter.get("Default"))
        parts = value.split(",") if parameter["Type"] == "CommaDelimitedList" or "List<" in parameter["Type"] else value
        for part in parts if isinstance(parts, list) else [parts]:
            if not re.fullmatch(parameter.get("AllowedPattern", ".*"), part):
                raise ValueError(f"parameter {name}: '{part}' does not match")
        return parts

    def _holds(self, test):
        (function, arguments), = test.items()
        if function == "Fn::Not":
            return not self._holds(arguments[0])
        assert function == "Fn::Equals"
        one, other = (self.resolve(argument) for argument in arguments)
        return one == other

    def resolve(self, value):
        if isinstance(value, list):
            made = [self.resolve(element) for element in value]
            return [element for element in made if element is not NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1 and next(iter(value)) in self._FUNCTIONS:
            (function, argument), = value.items()
            return self._FUNCTIONS[function](self, argument)
        assert not any(key == "Ref" or key.startswith("Fn::") for key in value), value
        made = {key: self.resolve(element) for key, element in value.items()}
        return {key: element for key, element in made.items() if element is not NOTHING}

    def _ref(self, name):
        if name == "AWS::NoValue":
            return NOTHING
        if name in self.values:
            return self.values[name]
        if name in self.template["Resources"]:
            self._need(name)
            return self.made[name]
        return self.pseudo[name]

    def _attribute(self, argument):
        name, attribute = argument
        assert attribute in TYPES[self.template["Resources"][name]["Type"]][2], argument
        self._need(name)
        return self.attributes[name, attribute]

    def _need(self, name):
        if self._resolving:
            self.needs[self._resolving].add(name)

    def _sub(self, argument):
        text, variables = argument if isinstance(argument, list) else (argument, {})
        variables = {name: self.resolve(value) for name, value in variables.items()}

        def fill(match):
            name = match[1]
            if name in variables:
                return variables[name]
            value = self._attribute(name.split(".")) if "." in name else self._ref(name)
            assert isinstance(value, str), f"{name} is no text"
            return value
        return re.sub(r"\$\{([^}]+)\}", fill, text)

    def _if(self, argument):
        condition, yes, no = argument
        return self.resolve(yes if self.conditions[condition] else no)

    def _join(self, argument):
        delimiter, parts = argument
        assert isinstance(delimiter, str)
        return delimiter.join(self.resolve(parts))

    def _base64(self, argument):
        return base64.b64encode(self.resolve(argument).encode()).decode()

    _FUNCTIONS = {"Ref": _ref, "Fn::GetAtt": _attribute, "Fn::Sub": _sub, "Fn::If": _if, "Fn::Join": _join,
                  "Fn::Base64": _base64}
