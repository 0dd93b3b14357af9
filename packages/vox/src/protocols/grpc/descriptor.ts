/**
 * Descriptors of .proto files, as reflection hands them out (google/protobuf/descriptor.proto). What the library makes of them
 * has relative type names and other names for the entries of maps, which strict clients refuse.
 */
import protobuf from 'protobufjs';
import descriptor from 'protobufjs/ext/descriptor/index.js';

const LABEL = { optional: 1, repeated: 3 } as const;
/** FieldDescriptorProto.Type */
const TYPE: Readonly<Record<string, number>> = {
  double: 1,
  float: 2,
  int64: 3,
  uint64: 4,
  int32: 5,
  bool: 8,
  string: 9,
  message: 11,
  bytes: 12,
  uint32: 13,
  enum: 14,
};

/** One file's descriptor, encoded, and the full names of all that it declares. */
export function describeFile(
  name: string,
  packageName: string,
  namespace: protobuf.NamespaceBase,
): { descriptor: Buffer; symbols: ReadonlySet<string> } {
  const symbols = new Set<string>();
  const declared = namespace.nestedArray;
  for (const one of declared) collect(one, symbols);
  const file = {
    name,
    package: packageName,
    syntax: 'proto3',
    messageType: declared.filter((one) => one instanceof protobuf.Type).map(describeMessage),
    enumType: declared.filter((one) => one instanceof protobuf.Enum).map(describeEnum),
    service: declared.filter((one) => one instanceof protobuf.Service).map(describeService),
  };
  const encoded = descriptor.FileDescriptorProto.encode(file).finish();
  return { descriptor: Buffer.from(encoded), symbols };
}

function collect(one: protobuf.ReflectionObject, symbols: Set<string>): void {
  symbols.add(nameOf(one).slice(1));
  if (one instanceof protobuf.Service) for (const method of one.methodsArray) collect(method, symbols);
  if (one instanceof protobuf.Type)
    for (const inner of [...one.nestedArray, ...one.fieldsArray]) collect(inner, symbols);
}

/** With its leading dot. */
function nameOf(one: protobuf.ReflectionObject): string {
  return one.fullName;
}

function describeMessage(type: protobuf.Type): object {
  // Those of a map are a message of their own, by a name that follows from the field's.
  const maps = type.fieldsArray.filter((field) => field instanceof protobuf.MapField);
  // The file's own first, then one for each `optional`, as compilers write them.
  const oneofs = [...type.oneofsArray].sort((a, b) => Number(isSynthetic(a)) - Number(isSynthetic(b)));
  return {
    name: type.name,
    field: type.fieldsArray.map((field) => describeField(field, oneofs)),
    nestedType: [
      ...type.nestedArray.filter((one) => one instanceof protobuf.Type).map(describeMessage),
      ...maps.map((map) => ({
        name: entryName(map),
        field: [
          { name: 'key', number: 1, label: LABEL.optional, type: TYPE[map.keyType] },
          { name: 'value', number: 2, label: LABEL.optional, ...typeOf(map) },
        ],
        options: { mapEntry: true },
      })),
    ],
    enumType: type.nestedArray.filter((one) => one instanceof protobuf.Enum).map(describeEnum),
    oneofDecl: oneofs.map(({ name }) => ({ name })),
    reservedRange: (type.reserved ?? []).flatMap((range) =>
      typeof range === 'string' ? [] : [{ start: range[0], end: (range[1] ?? 0) + 1 }],
    ),
    reservedName: (type.reserved ?? []).filter((range) => typeof range === 'string'),
  };
}

function describeField(field: protobuf.Field, oneofs: readonly protobuf.OneOf[]): object {
  const { name, id: number, partOf } = field;
  if (field instanceof protobuf.MapField)
    return {
      name,
      number,
      label: LABEL.repeated,
      type: TYPE.message,
      typeName: `${nameOf(field.parent ?? field)}.${entryName(field)}`,
    };
  return {
    name,
    number,
    label: field.repeated ? LABEL.repeated : LABEL.optional,
    ...typeOf(field),
    ...(partOf == null ? {} : { oneofIndex: oneofs.indexOf(partOf) }),
    ...(partOf != null && isSynthetic(partOf) ? { proto3Optional: true } : {}),
  };
}

function typeOf({ type, resolvedType }: protobuf.FieldBase): object {
  if (resolvedType == null) return { type: TYPE[type] };
  const kind = resolvedType instanceof protobuf.Enum ? TYPE.enum : TYPE.message;
  return { type: kind, typeName: nameOf(resolvedType) };
}

/** `config` to `ConfigEntry`. */
function entryName({ name }: protobuf.MapField): string {
  const camel = name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return `${camel}Entry`;
}

/** Made for an `optional` field. */
function isSynthetic(oneof: protobuf.OneOf): boolean {
  return oneof.isProto3Optional;
}

function describeEnum({ name, values }: protobuf.Enum): object {
  return { name, value: Object.entries(values).map(([value, number]) => ({ name: value, number })) };
}

function describeService(service: protobuf.Service): object {
  return {
    name: service.name,
    method: service.methodsArray.map((method) => ({
      name: method.name,
      inputType: nameOf(method.resolvedRequestType ?? method),
      outputType: nameOf(method.resolvedResponseType ?? method),
      ...(method.requestStream === true ? { clientStreaming: true } : {}),
      ...(method.responseStream === true ? { serverStreaming: true } : {}),
    })),
  };
}
